"""Frames that lead nowhere: whoever has a box's secret can put many there, and they hold nobody up for long."""

from __future__ import annotations

import msgspec

from nullabona.client.core.delivery import blobs
from nullabona.client.core.incoming.room_frames import MOST_DEFERRED
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, forge, people, remove, send_all, track_of
from tests.rooms.world import Person, World

MINUTE = 60_000
LONG = "a" * 100_000


def point_nowhere(person: Person, room: bytes, kind: Kind, count: int) -> None:
    """Put frames into the room's box whose content is a blob that nobody has; each names another one."""
    ref, _ = cut_blob(person.world.dice.bytes(32), person.world.dice.bytes(70_000))
    for _ in range(count):
        other = msgspec.structs.replace(ref, chunks=tuple(person.world.dice.bytes(32) for _ in ref.chunks))
        forge(person, room, kind, encode_ref(other), indirect=True)


def test_commits_whose_blobs_never_come_are_waited_for_together() -> None:
    """A member puts twenty-four in front of its own removal: they take a minute, and not one each."""
    world = World(3)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    point_nowhere(c, room, Kind.COMMIT, 12)
    point_nowhere(c, room, Kind.SETTLED, 12)
    c.online = False
    remove(a, room, c)
    world.settle(span=4 * MINUTE, most=4_000)
    assert [{a.account, b.account}] * 2 == [person.members(room) for person in (a, b)]
    all_well(world, room, a, b)


def test_many_messages_whose_blobs_never_come_cost_little_and_lose_nothing() -> None:
    """A few wait; each costs one request. A long message of somebody else, among them, is read."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    b.online = False
    point_nowhere(c, room, Kind.MESSAGE, 5)
    a.send(room, LONG)
    send_all(world, a)
    point_nowhere(c, room, Kind.MESSAGE, 40)
    c.online, b.online = False, True
    world.settle(span=5_000, most=4_000)
    for person in (a, b):
        waiting = track_of(person, room).deferred
        with person.engine.step(world.now) as step:
            assert MOST_DEFERRED >= len(waiting) == len(blobs.wanted_chunks(step))
        assert [LONG] == person.texts(room)
