"""A direct room that somebody has left is opened again by writing there (spec/room.md §9)."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands, conversation, rooms
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.devices import sync_out
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.model.sync_items import ContactItem
from tests.rooms.devices import another_device, remove_device
from tests.rooms.test_asking_again import HOUR, accepts, asks, forgets, leaves, room_of, state, two_who_talk
from tests.rooms.world import Person, World


def writes(world: World, person: Person, room: bytes, text: str) -> None:
    """As `client.api` does, which looks the other's card up first."""
    with person.engine.step(world.now, room) as step:
        if commands.must_reopen(step, step.room(room)):
            other = step.store.contact(rooms.other_of(step, step.room(room)))
            if other is not None:
                requests.learn_card(step, ProvenCard.testing(world.cards[other.handle]))
            commands.reopen(step, room, world.cards[person.me.handle].encoded)
        conversation.send_text(step, room, text)


def direct_rooms(person: Person, phase: str = "") -> list[bytes]:
    """The direct rooms of a device, or those in which it has this part."""
    with person.store.transaction():
        ids = person.store.rooms()
    return [id for id in ids if not phase or person.phase(id) == phase]


def one_left() -> tuple[World, Person, Person, bytes]:
    """Mina has left her room with Jun, who is still in it."""
    world, mina, jun, room = two_who_talk()
    leaves(world, mina, room)
    world.settle(span=HOUR)
    assert ("left", {jun.account}) == (mina.phase(room), jun.members(room))
    return world, mina, jun, room


def test_who_is_left_behind_writes_and_both_are_in_the_room_again() -> None:
    """At once, with the history that both have; nothing is said into the empty room before."""
    world, mina, jun, room = one_left()
    writes(world, jun, room, "are you there?")
    writes(world, jun, room, "hello?")
    world.settle(span=HOUR)
    assert ["before", "are you there?", "hello?"] == mina.texts(room) == jun.texts(room)
    writes(world, mina, room, "yes")
    world.settle(span=HOUR)
    assert "yes" == jun.texts(room)[-1]
    assert [[room], [room]] == [direct_rooms(one) for one in (mina, jun)]
    assert [ContactState.ACCEPTED] * 2 == [state(mina, jun), state(jun, mina)]


def test_who_left_writes_and_both_are_in_the_room_again() -> None:
    """What was written waits for the other's device, and is sent once."""
    world, mina, jun, room = one_left()
    jun.online = False
    writes(world, mina, room, "I am back")
    writes(world, mina, room, "are you?")
    world.settle(span=HOUR)
    assert ["before", "I am back", "are you?"] == mina.texts(room)
    jun.online = True
    world.settle(span=HOUR)
    assert ["before", "I am back", "are you?"] == jun.texts(room) == mina.texts(room)
    assert [[room], [room]] == [direct_rooms(one) for one in (mina, jun)]


def test_who_changes_their_mind_before_anybody_noticed_is_in_the_room_again() -> None:
    """Their order to leave is carried out first."""
    world, mina, jun, room = two_who_talk()
    jun.online = False
    leaves(world, mina, room)
    writes(world, mina, room, "no, I stay")
    world.settle(span=HOUR)
    jun.online = True
    world.settle(span=HOUR)
    writes(world, mina, room, "here")
    world.settle(span=HOUR)
    assert ["before", "no, I stay", "here"] == jun.texts(room) == mina.texts(room)


@pytest.mark.parametrize("both_write", [False, True])
def test_two_who_both_left_talk_in_one_new_room(both_write: bool) -> None:  # noqa: FBT001
    """What was written in the old one meanwhile is said there, once."""
    world, mina, jun, room = one_left()
    leaves(world, jun, room)
    world.settle(span=HOUR)
    writes(world, mina, room, "from mina")
    if both_write:
        writes(world, jun, room, "from jun")
    world.settle(span=HOUR)
    new = room_of(mina, jun)
    assert (new, True) == (room_of(jun, mina), new != room)
    wanted = {"from mina", *(["from jun"] if both_write else [])}
    for person in (mina, jun):
        assert [new] == direct_rooms(person, "joined")
        assert sorted(wanted) == sorted(person.texts(new))
        assert ["before"] == person.texts(room)


def test_both_write_at_once_and_are_in_one_room() -> None:
    """One asks while the other adds them."""
    world, mina, jun, room = one_left()
    writes(world, mina, room, "from mina")
    writes(world, jun, room, "from jun")
    world.settle(span=HOUR)
    assert [[room], [room]] == [direct_rooms(one) for one in (mina, jun)]
    assert ["before", "from jun", "from mina"] == sorted(mina.texts(room)) == sorted(jun.texts(room))


def test_all_devices_of_both_are_in_the_room_again() -> None:
    """Whichever of them the person writes on."""
    world, mina, jun, room = two_who_talk()
    desk = another_device(world, mina, "mina's desk")
    world.settle(span=HOUR)
    leaves(world, mina, room)
    world.settle(span=HOUR)
    assert ["left", "left"] == [mina.phase(room), desk.phase(room)]
    writes(world, desk, room, "from my desk")
    world.settle(span=60_000)  # the answer came to one device, which tells the other where it lies
    assert ["from my desk"] * 3 == [each.texts(room)[-1] for each in (mina, desk, jun)]
    assert ["joined", "joined"] == [mina.phase(room), desk.phase(room)]


# -- what the other can do with it --------------------------------------------------------------------------------


def test_who_deleted_the_contact_is_asked_and_sees_nothing_before() -> None:
    """The room is not opened again by the other alone."""
    world, mina, jun, room = one_left()
    forgets(world, mina, jun)
    writes(world, jun, room, "let me in")
    world.settle(span=HOUR)
    assert ("left", ["before"]) == (mina.phase(room), mina.texts(room))
    assert 1 == sum(kind == "room-request" for kind, _, _ in mina.events())


def test_who_blocked_the_contact_hears_nothing() -> None:
    world, mina, jun, room = one_left()
    with mina.engine.step(world.now) as step:
        commands.block_contact(step, jun.account)
    writes(world, jun, room, "let me in")
    world.settle(span=HOUR)
    assert ("left", ["before"], ContactState.BLOCKED) == (mina.phase(room), mina.texts(room), state(mina, jun))


@pytest.mark.parametrize("why", ["blocked", "no contact", "asks"])
def test_only_to_a_contact_a_room_is_opened_again(why: str) -> None:
    """Writing to anybody else is refused, and nothing goes out."""
    world, mina, jun, room = one_left()
    if why == "blocked":
        with mina.engine.step(world.now) as step:
            commands.block_contact(step, jun.account)
    else:
        forgets(world, mina, jun)
    if why == "asks":
        with jun.engine.step(world.now) as step:
            trust.forget(step, contact=step.store.contact(mina.account))  # type: ignore[arg-type]
            commands.request_contact(step, mina.card, jun.card.encoded, "")
        world.settle(span=HOUR)
        assert state(mina, jun) is ContactState.ASKING
    with pytest.raises(NotInRoom):
        writes(world, mina, room, "hello")
    assert ["before"] == mina.texts(room)


def test_a_contact_who_leaves_again_and_again_makes_no_second_room() -> None:
    """However often: it costs the other a commit each time they write."""
    world, mina, jun, room = one_left()
    for turn in range(3):
        writes(world, mina, room, f"again {turn}")
        world.settle(span=HOUR)
        leaves(world, mina, room)
        world.settle(span=HOUR)
    assert [room] == direct_rooms(jun)
    assert {jun.account} == jun.members(room)


def test_who_is_added_again_before_they_have_read_that_they_are_out_comes_in() -> None:
    """Their inbox is read before the room: the invitation waits for that."""
    world, mina, jun, room = two_who_talk()
    leaves(world, mina, room)
    flush(world, mina)
    mina.online = False
    world.settle(span=60_000)
    writes(world, jun, room, "already?")
    world.settle(span=60_000)
    mina.online = True
    for of, want in world.reads(mina):
        if of is INBOX:
            world.read(mina, of, want)
    while world.fetch(mina):
        pass
    assert "joined" == mina.phase(room)
    world.settle(span=60_000)
    assert ("joined", ["before", "already?"]) == (mina.phase(room), mina.texts(room))
    assert {jun.account, mina.account} == mina.members(room) == jun.members(room)


def flush(world: World, person: Person) -> None:
    """What this device has to say reaches the relay."""
    for item in world.queues(person):
        world.post(person, item)


def test_a_device_that_was_put_out_alone_opens_nothing_again() -> None:
    """The account is still in the room by its other device, which says what is written there."""
    world, mina, jun, room = two_who_talk()
    desk = another_device(world, mina, "desk")
    world.settle(span=HOUR)
    remove_device(world, mina, desk)
    world.settle(span=HOUR)
    with desk.engine.step(world.now, room) as step:
        assert "removed" == step.room(room).phase
        assert not commands.must_reopen(step, step.room(room))
    with pytest.raises(NotInRoom):
        writes(world, desk, room, "still here")
    assert {mina.account, jun.account} == jun.members(room)


def test_what_waits_for_one_is_sent_to_nobody_else() -> None:
    """A stolen device says that the room which was left with Jun is that with Eve, who asks again."""
    world, mina, jun, room = one_left()
    eve = world.person("eve")
    asks(world, eve, mina)
    world.settle(span=HOUR)
    accepts(world, mina, eve)
    world.settle(span=HOUR)
    theirs = room_of(mina, eve)
    desk = another_device(world, mina, "desk")
    world.settle(span=HOUR)
    jun.online = False
    writes(world, mina, room, "for Jun alone")
    for one in (mina, eve):
        leaves(world, one, theirs)
        world.settle(span=HOUR)
    with desk.engine.step(world.now, room) as step:
        lie = ContactItem(eve.account, step.now + 1, str(eve.card.handle), "", "accepted", room, "", b"")
        sync_out.tell_now(step, lie)
    world.settle(span=HOUR)
    assert room == room_of(mina, eve)
    asks(world, eve, mina)
    world.settle(span=3 * HOUR, most=3_000)
    assert "for Jun alone" in mina.texts(room)
    assert [] == [id for id in direct_rooms(eve) if "for Jun alone" in eve.texts(id)]


@pytest.mark.parametrize("writer", ["phone", "desk", "both"])
@pytest.mark.parametrize("off", [False, True], ids=["desk on", "desk off"])
def test_both_had_left_and_an_account_has_two_devices(writer: str, *, off: bool) -> None:
    """Both write at the same time: every line is in the new room, whichever device it waited on, and all know it."""
    world, mina, jun, room = two_who_talk()
    desk = another_device(world, mina, "desk")
    world.settle(span=HOUR)
    for one in (mina, jun):
        leaves(world, one, room)
        world.settle(span=HOUR)
    writers = {"phone": [mina], "desk": [desk], "both": [mina, desk]}[writer]
    for one in writers:
        writes(world, one, room, f"from {one.name}")
    writes(world, jun, room, "from jun")
    desk.online = not off
    world.settle(span=2 * HOUR)
    desk.online = True
    world.settle(span=24 * HOUR, most=3_000)
    new = room_of(jun, mina)
    assert room != new
    said = {"from jun", *(f"from {one.name}" for one in writers)}
    for one in (mina, desk, jun):
        assert ("joined", new) == (one.phase(new), room_of(one, mina if one is jun else jun))
        assert said <= set(one.texts(new)), one.name
    for one in (mina, desk):
        assert ContactState.ACCEPTED is state(one, jun)
        writes(world, one, new, f"later from {one.name}")
    world.settle(span=HOUR)
    assert {f"later from {one.name}" for one in (mina, desk)} <= set(jun.texts(new))
