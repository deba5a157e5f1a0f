"""Questions in the room's boxes: who is heard, who answers, who can read that, when inboxes are used (room.md §7.1)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.model.inbox_items import Ticket, TicketRequest, sign_item
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.model.state import JOINED
from nullabona.errors import Malformed
from nullabona.wire.address import epoch_keys
from nullabona.wire.frame import Kind, OpenedFrame, open_frame
from nullabona.wire.seal import ITEM_DIRECT, open_answer, seal_answer
from tests.rooms.hostile import (
    all_well,
    forge,
    frames_at,
    only,
    people,
    remove,
    to_inbox,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.reached import Watched
from tests.rooms.test_handed import came
from tests.rooms.test_one_false_claim import ended
from tests.rooms.test_spent_word import old_fork
from tests.rooms.test_tickets import HOUR, MINUTE, SwallowingWorld, lost, rejoins
from tests.rooms.world import Person, World

DAY = 24 * HOUR


def kind_of(item: OutboxItem) -> Kind | None:
    """What a frame for a room is; None: it is no such frame."""
    if not isinstance(item.target, RoomFrame):
        return None
    return open_frame(epoch_keys(item.target.secret).frame_key, item.target.box, item.data).kind


def items_in(world: World, person: Person, room: bytes) -> list[OpenedFrame]:
    """The questions and answers in the box where somebody is."""
    track = track_of(person, room)
    opened = [open_quietly(track, frame) for frame in frames_at(world, track.keys.box.address)]
    return [one for one in opened if one is not None and one.kind is Kind.ITEM]


def inbox_seed(person: Person) -> bytes:
    with person.engine.step(person.world.now) as step:
        state = inbox_state.load(step)
    assert state is not None
    return state.seed


def deaf(seed: int = 11) -> tuple[SwallowingWorld, Person, list[Person], bytes, list[int]]:
    """Somebody who lacks a message and whose questions nobody hears: the relay says yes and does not keep them."""
    world = SwallowingWorld(seed)
    crowd = people(world, 3)
    a, b, _ = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    a.online = False
    b.send(room, "lost")
    world.settle(span=10_000)
    world.relay.boxes[a.where(room)].frames.clear()
    world.swallows = lambda person, item: person is a and kind_of(item) is Kind.ITEM
    a.online = True
    return world, a, crowd, room, [came(world, person) for person in crowd]


def test_who_comes_back_by_a_ticket_has_put_nothing_into_an_inbox_and_looked_nobody_up() -> None:
    """The relay sees two frames in the room's box; the directory nothing."""
    world = Watched(1)
    crowd, room = lost(world)
    before = [came(world, person) for person in crowd]
    world.looked_up.clear()
    world.settle(span=HOUR, most=2_000)
    assert 1 == rejoins(crowd[1], room)
    assert before == [came(world, person) for person in crowd]
    assert [] == [handle for handles in world.looked_up.values() for handle in handles]
    all_well(world, room, *crowd)


@pytest.mark.parametrize("seed", [11, 12])
def test_who_is_heard_by_nobody_asks_in_inboxes_after_hours(seed: int) -> None:
    """Eight to twelve of them, at a time that differs, and is answered there."""
    world, a, crowd, room, before = deaf(seed)
    asked = world.now
    world.settle(span=8 * HOUR, most=4_000)
    assert before == [came(world, person) for person in crowd]
    assert a.look(room).rejoin is not None  # type: ignore[union-attr]
    while before == [came(world, person) for person in crowd]:
        world.settle(span=MINUTE, most=1_000)
        assert world.now - asked < 12 * HOUR + 90 * MINUTE  # the pauses between two questions are as long by then
    world.settle(span=6 * HOUR, most=4_000)
    assert a.look(room).rejoin is None  # type: ignore[union-attr]
    assert [] == warnings(a, room)


def test_the_hours_differ() -> None:
    """They are drawn for each time that a device begins to ask."""
    drawn = set()
    for seed in (11, 12, 13):
        world, a, _, room, _ = deaf(seed)
        began = world.now
        world.settle(span=MINUTE, most=1_000)
        at = a.look(room).inbox_at  # type: ignore[union-attr]
        assert at is not None
        assert 8 * HOUR <= at - began <= 12 * HOUR + MINUTE
        drawn.add(at - began)
    assert 3 == len(drawn)


def test_who_was_off_for_a_month_asks_in_inboxes_at_once() -> None:
    """Nobody follows the boxes that it knows any more."""
    world = World(3)
    crowd = people(world, 3)
    a, b, _ = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    a.online = False
    for number in range(5):
        b.send(room, f"{number}")
        update_keys(b, room)
        world.settle(span=7 * DAY, most=4_000)
    world.relay.boxes[a.where(room)].frames.clear()
    before = came(world, b)
    a.online = True
    world.settle(span=HOUR, most=4_000)
    assert came(world, b) > before
    assert 1 == rejoins(a, room)
    all_well(world, room, *crowd)


def test_an_answer_is_for_nobody_else() -> None:
    """Who was removed still reads the box, and the other members do: the ticket opens with the asker's key alone."""
    world = World(1)
    crowd, room = lost(world)
    a, b, c = crowd
    box = track_of(b, room)
    world.settle(span=HOUR, most=2_000)
    opened = [open_quietly(box, frame) for frame in frames_at(world, box.keys.box.address)]
    answers = [one.body[1:] for one in opened if one is not None and one.kind is Kind.ITEM and one.body[:1] == SEALED]
    assert answers
    assert open_answer(inbox_seed(b), box.keys.box.address, answers[0])
    for person in (a, c):
        with pytest.raises(Malformed):
            open_answer(inbox_seed(person), box.keys.box.address, answers[0])


def test_a_question_is_answered_once() -> None:
    """However often it is sealed again, by whom it may be, in that box or in another."""
    world = World(5)
    crowd = people(world, 3)
    a, b, c = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    address = track_of(a, room).keys.box.address
    question = TicketRequest(
        room, 0, b"", box=address, helper=b.account, key=a.card.inbox.hpke_key, id=world.dice.bytes(8)
    )
    item = OPEN + sign_item(a.mls, address, question)
    for _ in range(3):
        forge(c, room, Kind.ITEM, item)
    world.settle(span=MINUTE)
    assert 1 == sum(one.body[:1] == SEALED for one in items_in(world, c, room))


@pytest.mark.parametrize("why", ["another account", "another box", "another room", "no key", "unsigned", "stranger"])
def test_a_question_that_is_not_one_is_not_answered(why: str) -> None:
    """It names us, the box in which it is, the room and a key, and a device of the room signed it."""
    world = World(6)
    crowd = people(world, 3)
    a, b, c = crowd
    stranger = world.person("sora")
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    address = track_of(a, room).keys.box.address
    question = TicketRequest(
        bytes(32) if why == "another room" else room,
        0,
        b"",
        box=bytes(32) if why == "another box" else address,
        helper=stranger.account if why == "another account" else b.account,
        key=bytes(1_216) if why == "no key" else a.card.inbox.hpke_key,
        id=bytes(8),
    )
    item = bytearray(sign_item((stranger if why == "stranger" else a).mls, address, question))
    if why == "unsigned":
        item[-1] ^= 1
    forge(c, room, Kind.ITEM, OPEN + bytes(item))
    before = [came(world, person) for person in world.people]
    world.settle(span=10 * MINUTE)
    assert 0 == sum(one.body[:1] == SEALED for one in items_in(world, c, room))
    assert before == [came(world, person) for person in world.people]
    all_well(world, room, *crowd)


def test_who_was_removed_is_told_so_in_the_box_and_gets_no_ticket() -> None:
    """It asks in the box of its last epoch, which it can still write."""
    world = World(7)
    crowd = people(world, 3)
    a, _, c = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    old = track_of(c, room)
    c.online = False
    remove(a, room, c)
    world.settle(span=MINUTE)
    question = TicketRequest(
        room, old.epoch, b"", box=old.keys.box.address, helper=a.account, key=c.card.inbox.hpke_key, id=bytes(8)
    )
    forge(c, room, Kind.ITEM, OPEN + sign_item(c.mls, old.keys.box.address, question))
    before = [came(world, person) for person in crowd]
    world.settle(span=MINUTE)
    opened = [open_quietly(old, frame) for frame in frames_at(world, old.keys.box.address)]
    answers = [one.body[1:] for one in opened if one is not None and one.kind is Kind.ITEM and one.body[:1] == SEALED]
    assert 1 == len(answers)
    assert before == [came(world, person) for person in crowd]
    c.online = True
    world.settle(span=MINUTE)
    assert c.phase(room) != JOINED


def test_who_left_a_branch_answers_in_its_last_box() -> None:
    """The epoch in which a member forked the room is so old that those who moved have forgotten its box."""
    world, crowd, room, forker = old_fork()
    a, b, c, liar, _ = crowd
    only(world, a)
    forker.claim()
    world.settle(span=10_000)
    to_inbox(liar, a, forker.ticket())
    world.settle(span=MINUTE)
    assert sha256(forker.commit).digest() == ended(a, room, forker.epoch)
    state = a.look(room)
    assert state is not None
    assert [c.where(room)] == [track.keys.box.address for track in state.former_boxes]
    only(world, a, b, c)
    before = [came(world, person) for person in crowd]
    world.settle(span=HOUR, most=4_000)
    assert 1 == len({person.where(room) for person in (a, b, c)})
    assert before == [came(world, person) for person in crowd]
    world.settle(span=31 * DAY, most=40_000)
    assert [] == a.look(room).former_boxes  # type: ignore[union-attr]


def test_a_ticket_for_which_nobody_asked_is_not_opened() -> None:
    """A device that does not look for the room takes no answer from a box."""
    world = World(8)
    crowd = people(world, 2)
    a, b = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    before = a.where(room)
    address = track_of(a, room).keys.box.address
    ticket = Ticket(room, 9, bytes(32), b"", b"", b"", 0, ())
    plain = ITEM_DIRECT + sign_item(b.mls, address, ticket)
    forge(b, room, Kind.ITEM, SEALED + seal_answer(a.card.inbox.hpke_key, address, plain))
    world.settle(span=HOUR)
    assert (before, 0) == (a.where(room), rejoins(a, room))
    all_well(world, room, *crowd)
