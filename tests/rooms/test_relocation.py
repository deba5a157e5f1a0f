"""A relay is gone for good, its rooms live on at another one: nothing lost, nothing doubled, everybody comes along."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands, files, preferences
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.model.content import Attachment, File, Notice, NoticeKind
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.records import FileState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import file_messages, sending
from nullabona.client.core.timeline.kinds import stored
from nullabona.wire.blob import PIECE
from tests.rooms.audit import audit_rest
from tests.rooms.devices import another_device
from tests.rooms.hostile import kinds, people
from tests.rooms.model_relay import ModelRelay
from tests.rooms.moves import THREE, TWO, burn, homes, homes_of, move, order_of, state_of
from tests.rooms.test_commands import direct
from tests.rooms.world import RELAY, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def texts(world: World, room: bytes) -> list[list[str]]:
    """What each has of what people said."""
    return [sorted(person.texts(room)) for person in world.people]


def send_file(step: Step, room: bytes, message: bytes, content: bytes) -> None:
    """As the API does it, in one step."""
    key = step.rng.bytes(32)
    pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
    digests = [files.keep_piece(step, room, message, place, key, piece) for place, piece in enumerate(pieces)]
    refs = files.blob_refs([key], digests, len(content))
    file_messages.send_file(step, room, message, File(Attachment("file", "x", "", len(content), refs)))


def test_a_room_goes_where_its_admin_goes() -> None:
    """The relay is gone and everybody moves: what was under way arrives, once, and the room's info says where it is."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.send(room, "before")
    world.settle(span=60_000)
    burn(world)
    for person in (a, b, c):
        person.send(room, f"{person.name} meanwhile")
    world.settle(span=60_000)
    for person in (b, a, c):
        move(world, person, TWO)
    world.settle(span=60_000)
    assert [["before", "p0 meanwhile", "p1 meanwhile", "p2 meanwhile"]] * 3 == texts(world, room)
    world.settle(span=HOUR)
    assert {TWO} == homes(world, room)
    assert {(TWO, 1)} == {(p.info(room).relay, p.info(room).moves) for p in (a, b, c)}
    audit_rest(world, room)
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "after")
    world.settle(span=HOUR)
    assert {"after"} == {person.info(room).name for person in (a, b, c)}
    assert None is state_of(a, room).scout_at


def test_who_was_away_for_weeks_comes_along() -> None:
    """They know nothing but their old, dead relay and the admin's handle; meanwhile the room has changed many times."""
    world = World(2)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    b.send(room, "just before")
    world.settle(span=60_000)
    burn(world)
    for person in (a, b):
        move(world, person, TWO)
    world.settle(span=HOUR)
    for day in range(20):
        (a, b)[day % 2].send(room, f"day {day}")
        if day % 4 == 0:
            with a.engine.step(world.now, room) as step:
                commands.update_keys(step, room)
        world.settle(span=DAY)
    c.send(room, "from afar")
    c.online = True
    world.settle(span=HOUR)
    said = sorted(["just before", "from afar", *(f"day {day}" for day in range(20))])
    assert [said] * 3 == texts(world, room)
    assert {TWO} == homes(world, room)
    assert ["joined"] == kinds(c, room, "joined")
    assert [] == kinds(c, room, "rejoined")
    assert RELAY == c.me.relay
    audit_rest(world, room)


def test_who_lives_elsewhere_comes_along_unasked() -> None:
    """A member whose own relay is another one has nothing to do."""
    world = World(3)
    a, b = people(world, 2)
    move(world, b, THREE)
    room = world.group(a, b)
    burn(world)
    b.send(room, "where are you")
    world.settle(span=60_000)
    move(world, a, TWO)
    world.settle(span=10 * MINUTE)
    assert [["where are you"]] * 2 == texts(world, room)
    assert ({TWO}, THREE) == (homes(world, room), b.me.relay)


def test_a_member_who_may_not_move_the_room_moves_alone() -> None:
    """Their inbox goes; the room stays where its admin is, and nobody looks at where they went."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    move(world, b, TWO)
    b.send(room, "I am at two")
    world.settle(span=HOUR)
    assert ({RELAY}, None) == (homes(world, room), order_of(a, room))
    assert [["I am at two"]] * 3 == texts(world, room)
    burn(world)
    world.settle(span=DAY, most=4_000)
    assert not {box for box in world.relays[TWO].boxes if box == a.where(room)}


def test_two_who_say_different_things() -> None:
    """Two admins go to two relays at the same time: all others, and one of the two, come to the one that holds."""
    world = World(5)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    burn(world)
    for person, relay in ((a, TWO), (b, THREE), (c, TWO), (d, THREE)):
        move(world, person, relay)
        person.send(room, f"{person.name} at {relay}")
    world.settle(span=HOUR)
    assert 1 == len(homes(world, room)), homes(world, room)
    assert 1 == len({person.where(room) for person in world.people})
    assert 1 == len({tuple(said) for said in texts(world, room)})
    assert 4 == len(texts(world, room)[0])
    audit_rest(world, room)


@pytest.mark.parametrize("seed", range(10, 16))
def test_a_direct_room_whose_two_people_part(seed: int) -> None:
    """Both move before they hear of one another, each to another relay, and both have it noted: one room is left."""
    world = World(seed)
    a, b = people(world, 2)
    room = direct(world, a, b)
    a.send(room, "before")
    world.settle(span=60_000)
    burn(world)
    b.online = False
    move(world, a, TWO)
    a.send(room, "a at two")
    world.settle(span=HOUR)
    assert (TWO, 1) == (a.info(room).relay, a.info(room).moves)
    a.online, b.online = False, True
    world.cards[a.me.handle], hidden = world.cards[b.me.handle], world.cards[a.me.handle]
    move(world, b, THREE)
    b.send(room, "b at three")
    world.settle(span=HOUR)
    assert (THREE, 1) == (b.info(room).relay, b.info(room).moves)
    world.cards[a.me.handle] = hidden
    a.online = True
    world.settle(span=2 * DAY, most=2_000)
    assert a.where(room) == b.where(room)
    assert 1 == len(homes(world, room))
    assert [["a at two", "b at three", "before"]] * 2 == texts(world, room)


def test_moving_again_undoes_it() -> None:
    """Both relays live: the room goes there and back, and whoever was not told reads it where they were."""
    world = World(6)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    for number, relay in enumerate((TWO, RELAY, TWO, RELAY)):
        move(world, a, relay)
        a.send(room, f"{number}")
        b.send(room, f"b {number}")
        world.settle(span=HOUR)
        assert ({relay}, {number + 1}) == (homes_of((a, b), room), {p.info(room).moves for p in (a, b)})
    c.online = True
    world.settle(span=HOUR)
    assert ({RELAY}, 4) == (homes(world, room), c.info(room).moves)
    assert [sorted([*"0123", *(f"b {number}" for number in range(4))])] * 3 == texts(world, room)
    assert [] == kinds(c, room, "rejoined")
    audit_rest(world, room)


def test_what_is_put_into_the_old_inbox_is_read() -> None:
    """The old relay lives on, and somebody who has an old card writes there: to whom has moved, and moved back."""
    world = World(7)
    a, b = people(world, 2)
    for relay in (TWO, RELAY):
        old = a.card
        move(world, a, relay)
        with b.engine.step(world.now) as step:
            queue_item(step, old.inbox, old.inbox.relay, ContactRequest(b.card.encoded, f"before {relay}"))
        world.settle(span=60_000)
        assert [f"before {relay}"] == [data["greeting"] for kind, _, data in a.events() if kind == "contact-request"]
        with a.engine.step(world.now) as step:
            step.store.drop_contact(b.account)
            step.store.forget_events(step.store.last_event())


def test_newcomers_come_to_where_the_room_is() -> None:
    """Somebody is added, and a device linked, before the room info says where the room lives now."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    world.befriend(b, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    burn(world)
    move(world, a, TWO)
    world.settle(span=20_000)
    a.online = False
    move(world, c, THREE)
    move(world, b, TWO)
    with b.engine.step(world.now, room) as step:
        commands.add_account(step, room, c.card)
    world.settle(span=5 * MINUTE)
    assert (0, "joined", TWO) == (c.info(room).moves, c.phase(room), state_of(c, room).relay)
    phone = another_device(world, c, "phone")
    world.settle(span=5 * MINUTE)
    assert (0, "joined", TWO) == (phone.info(room).moves, phone.phase(room), state_of(phone, room).relay)
    c.send(room, "here")
    world.settle(span=HOUR)
    assert "here" in b.texts(room)
    assert {1} == {person.info(room).moves for person in (b, c, phone)}


def test_the_new_relay_may_lose_everything_too() -> None:
    """After the move it is wiped: everything is put back, the order too, for one who comes later."""
    world = World(9)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    burn(world)
    for person in (a, b):
        move(world, person, TWO)
        person.send(room, f"from {person.name}")
    world.settle(span=2 * HOUR)
    world.relays[TWO].wipe()
    world.settle(span=2 * HOUR)
    c.online = True
    world.settle(span=HOUR)
    assert [["from p0", "from p1"]] * 3 == texts(world, room)
    assert [] == kinds(c, room, "rejoined")


def test_a_relay_that_comes_back_keeps_nobody() -> None:
    """It was only away: who slept through it talks there to nobody, until the others' order is left there too."""
    world = World(17)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    world.dead.add(RELAY)
    for person in (a, b):
        move(world, person, TWO)
    world.settle(span=HOUR)
    world.dead.clear()
    world.relays[TWO], hidden = ModelRelay(world.dice), world.relays[TWO]
    c.online = True
    c.send(room, "anybody here?")
    world.turn(c)
    world.relays[TWO] = hidden
    assert RELAY == state_of(c, room).relay
    world.settle(span=6 * HOUR)
    assert ({TWO}, [["anybody here?"]] * 3) == (homes(world, room), texts(world, room))


def test_without_the_directory_people_meet_by_hand() -> None:
    """Its host is gone too: nobody's card can be looked up, but who goes to the same relay finds the rooms there."""
    world = World(18)
    a, b = people(world, 2)
    room = world.group(a, b)
    burn(world)
    world.cards.clear()
    for person in (b, a):
        person.send(room, f"from {person.name}")
        move(world, person, TWO)
        world.cards.clear()
    world.settle(span=HOUR)
    assert ({TWO}, [["from p0", "from p1"]] * 2) == (homes(world, room), texts(world, room))


def test_the_devices_of_an_account_follow_one_another() -> None:
    """One is told nothing: it reads in the card that its inbox has moved, and finds every room, theirs too."""
    world = World(19)
    a, b = people(world, 2)
    room = world.group(a, b)
    desk = another_device(world, a, "desk")
    world.settle(span=HOUR)
    burn(world)
    move(world, a, TWO)
    world.settle(span=10 * MINUTE)
    assert RELAY == desk.engine.local.relay
    with desk.engine.step(world.now) as step:
        own_devices.note_card(step.store, a.card.encoded)
        inbox_state.follow(step, a.card)
    b.send(room, "to both")
    world.settle(span=10 * MINUTE)
    assert (TWO, {TWO}, ["to both"]) == (desk.engine.local.relay, homes(world, room), desk.texts(room))
    with desk.engine.step(world.now) as step:
        shared = own_devices.room_id(step.store)
    assert {TWO} == homes_of((a, desk), shared)
    with desk.engine.step(world.now, room) as step:
        preferences.change(step, preferences.room_scope(room), preferences.RoomPreferences, {"archived": True})
    world.settle(span=10 * MINUTE)
    with a.store.transaction():
        assert preferences.of_room(a.store, room).archived


def test_who_finds_the_room_nowhere_asks_for_a_ticket() -> None:
    """After five weeks no relay has anything of the boxes that one knew: an admin's inbox leads back."""
    world = World(20)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    burn(world)
    for person in (a, b):
        move(world, person, TWO)
    for _ in range(35):
        world.settle(span=DAY)
    for box in {bytes(track.keys.box.address) for track in state_of(c, room).boxes}:
        world.relays[TWO].boxes.pop(box, None)
    c.online = True
    move(world, c, TWO)
    world.settle(span=DAY)
    assert (["rejoined"], {TWO}) == (kinds(c, room, "rejoined"), homes(world, room))
    c.send(room, "back")
    world.settle(span=HOUR)
    assert "back" in a.texts(room)


def test_a_file_that_was_under_way_arrives() -> None:
    """Its pieces were partly at the old relay; they and what is still to be fetched go to the new one."""
    world = World(21)
    a, b = people(world, 2)
    room = world.group(a, b)
    with a.engine.step(world.now, room) as step:
        message = sending.draw_id(step)
        send_file(step, room, message, world.dice.bytes(600_000))
    world.turn(a)
    burn(world)
    move(world, a, TWO)
    world.settle(span=10 * MINUTE)
    with b.engine.step(world.now, room) as step:
        files.fetch(step, step.room(room), message)
    world.settle(span=10 * MINUTE)
    with b.store.transaction():
        found = b.store.file(room, message)
    assert found is not None
    assert FileState.HERE is found.state


def test_everybody_is_told_once_where_the_room_lives() -> None:
    """One line in the room for each move, none in the room of the devices, and an event."""
    world = World(22)
    a, b = people(world, 2)
    room = world.group(a, b)
    another_device(world, a, "desk")
    world.settle(span=HOUR)
    move(world, a, TWO)
    world.settle(span=HOUR)
    for person in world.people:
        lines = [stored(line) for line in person.lines(room) if line.kind == "notice"]
        told = [line for line in lines if isinstance(line, Notice) and line.what is NoticeKind.RELAY_CHANGED]
        assert [Notice(NoticeKind.RELAY_CHANGED, a.account, text=TWO)] == told, person.name
        events = [(where, data["relay"]) for kind, where, data in person.events() if kind == "room-moved"]
        assert (room, TWO) in events
        assert len(events) == len(set(events))
