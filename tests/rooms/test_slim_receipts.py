"""Receipts that nobody waits for are late, and nothing is lost or trimmed for that (spec/room.md §4)."""

from __future__ import annotations

from collections import Counter

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.step import Timing
from tests.rooms.hostile import people, track_of
from tests.rooms.world import Person, World

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ONE_EPOCH = Timing(update=60 * DAY, lighten=MINUTE)


def read(person: Person, room: bytes) -> None:
    """The person looks at the room and has read all that is there."""
    newest = person.messages(room)[-1].id
    with person.engine.step(person.world.now, room) as step:
        commands.mark_read(step, room, newest)


def head(person: Person, room: bytes) -> int:
    """How many frames were ever appended to the room's box."""
    return person.world.relay.boxes[bytes(track_of(person, room).keys.box.address)].head


def first(person: Person, room: bytes) -> int:
    """The first frame that the box still has."""
    return min(person.world.relay.boxes[bytes(track_of(person, room).keys.box.address)].frames)


def state_of(person: Person, room: bytes, id: bytes) -> MessageState:
    with person.store.transaction():
        message = person.store.message(room, id)
    assert message is not None
    return message.state


def unread(person: Person, room: bytes, id: bytes) -> int:
    """How many accounts have not read a message, as its sender sees it."""
    others = person.members(room) - {person.account}
    with person.store.transaction():
        message = person.store.message(room, id)
        markers = [person.store.marker(room, account) for account in others]
    assert message is not None
    return sum(marker is None or marker < message.position for marker in markers)


def room_of(size: int, seed: int = 1) -> tuple[World, bytes, list[Person]]:
    world = World(seed, timing=ONE_EPOCH)
    members = people(world, size)
    room = world.group(*members)
    world.settle(span=DAY, most=2_000)
    return world, room, members


def test_a_reply_carries_what_was_read() -> None:
    """The first line of a talk is told to be read within seconds; of the rest each reply tells it."""
    world, room, (a, b) = room_of(2)
    before = head(a, room)
    id = a.send(room, "are you there?")
    world.settle(span=3 * SECOND)
    read(b, room)
    assert 1 == unread(a, room, id)
    world.settle(span=3 * SECOND)
    assert (0, MessageState.DELIVERED) == (unread(a, room, id), state_of(a, room, id))
    assert 2 == head(a, room) - before
    speaker, reader = b, a
    for number in range(6):
        id = speaker.send(room, f"line {number}")
        world.settle(span=3 * SECOND)
        read(reader, room)
        world.settle(span=12 * SECOND)
        speaker, reader = reader, speaker
    assert 2 + 6 == head(a, room) - before
    assert 1 == unread(reader, room, id)
    world.settle(span=50 * SECOND)
    assert 0 == unread(reader, room, id)
    assert 2 + 6 + 1 == head(a, room) - before


def test_many_lines_of_which_nobody_reads_one_cost_each_device_one_receipt() -> None:
    """A member who floods the room does not have the others' devices show by receipts that they are on."""
    world, room, (a, b, c) = room_of(3)
    before = head(a, room)
    id = b""
    for number in range(50):
        id = a.send(room, f"line {number}")
        world.settle(span=SECOND)
    assert head(a, room) - before <= 50 + 2
    world.settle(span=4 * HOUR, most=2_000)
    assert head(a, room) - before <= 50 + 4
    assert MessageState.DELIVERED == state_of(a, room, id)
    assert 50 == len(b.texts(room)) == len(c.texts(room))


@pytest.mark.parametrize("trimmed", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_relay_that_renames_a_box_has_no_devices_answer_at_once(seed: int, *, trimmed: bool) -> None:
    """It would learn how many they are and that they are on, whenever it likes to; they tell the room some time.

    Nor where what is trimmed is not shown again: a gap at the box's start that they know.
    """
    world, room, members = room_of(5, seed)
    if trimmed:
        for person in members:
            person.send(room, f"{person.name} has something to say")
            world.settle(span=MINUTE)
        while first(members[0], room) == 1:
            world.settle(span=6 * HOUR, most=4_000)
    before = head(members[0], room)
    world.relay.fail_over(0)
    members[0].send(room, "after it")
    world.settle(span=20 * SECOND)
    assert head(members[0], room) - before <= 1 + 1
    world.settle(span=4 * HOUR, most=2_000)
    assert head(members[0], room) - before >= 1 + 4
    world.settle(span=8 * DAY, most=4_000)
    for person in members:
        assert "after it" in person.texts(room)


def test_nothing_is_trimmed_that_somebody_has_not_acknowledged() -> None:
    """However late that is: not while one device's receipt is due, nor for a member who never sends any."""
    world, room, (a, b, c) = room_of(3)
    c.online = False
    seq = head(a, room) + 1
    a.send(room, "said while one is away")
    world.settle(span=10 * DAY, most=4_000)
    assert first(a, room) <= seq
    c.online = True
    world.settle(span=20 * SECOND)
    assert "said while one is away" in c.texts(room)
    assert first(a, room) <= seq
    for person in (a, b, c):
        person.send(room, f"{person.name} has all")
        world.settle(span=MINUTE)
    world.settle(span=5 * DAY, most=4_000)
    assert first(a, room) > seq


def test_what_the_relay_loses_before_the_receipts_goes_back_once() -> None:
    """More frames are kept than with prompt receipts: each is put back by one device, and nobody lacks any."""
    world, room, members = room_of(4)
    said = [person.send(room, f"{person.name} {number}") for number in range(5) for person in members]
    world.settle(span=30 * SECOND)
    box = world.relay.boxes[bytes(track_of(members[0], room).keys.box.address)]
    before = set(box.frames.values())
    while not (lost := before - set(box.frames.values())):
        world.relay.fail_over(8)
    members[0].send(room, "after it")
    world.settle(span=10 * MINUTE, most=2_000)
    again = Counter(world.relay.boxes[bytes(track_of(members[0], room).keys.box.address)].frames.values())
    assert {1} == {again[frame] for frame in lost}
    world.settle(span=DAY, most=4_000)
    for person in members:
        assert len(said) + 1 == len(person.texts(room)) == len(set(person.texts(room)))


def test_after_a_night_receipts_of_all_rooms_do_not_go_out_together() -> None:
    """They would show which boxes one device reads; within two minutes all of them are there."""
    world = World(3, timing=ONE_EPOCH)
    reader, *others = people(world, 7)
    rooms = [world.group(reader, other) for other in others]
    world.settle(span=DAY, most=4_000)
    for room, other in zip(rooms, others, strict=True):
        other.send(room, "good night")
    world.settle(span=10 * SECOND)
    reader.online = False
    world.settle(span=8 * HOUR, most=2_000)
    before = [head(reader, room) for room in rooms]
    reader.crash()
    reader.online = True
    world.settle(span=5 * SECOND, most=2_000)
    assert sum(head(reader, room) - was for room, was in zip(rooms, before, strict=True)) <= 2
    world.settle(span=3 * MINUTE, most=2_000)
    assert [1] * 6 == [head(reader, room) - was for room, was in zip(rooms, before, strict=True)]
