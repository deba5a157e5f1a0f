"""What all devices have acknowledged leaves the current box, and nobody misses it (spec/room.md §4)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Timing
from nullabona.wire.frame import Kind, OpenedFrame
from nullabona.wire.messages import Appended, Done, Refusal
from tests.rooms.copying import CarefulWorld, copied, put_back
from tests.rooms.hostile import all_well, people, track_of, warnings
from tests.rooms.model_relay import Box
from tests.rooms.world import Person, World

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
ONE_EPOCH = Timing(claim=30_000, update=60 * DAY)
"""Nobody renews keys while it is looked at one box."""


def box_of(world: World, person: Person, room: bytes) -> Box:
    return world.relay.boxes[bytes(track_of(person, room).keys.box.address)]


def talk(world: World, room: bytes, *members: Person, count: int, every: int = MINUTE) -> list[str]:
    texts = [f"line {number}" for number in range(count)]
    for number, text in enumerate(texts):
        members[number % len(members)].send(room, text)
        world.settle(span=every, most=3_000)
    return texts


@pytest.mark.parametrize("size", [2, 5])
def test_a_box_holds_what_was_said_lately_and_no_more(size: int) -> None:
    """Of four days of talk, what is older than the last turns is gone from the relay, and on every device."""
    world = World(size, timing=ONE_EPOCH)
    members = people(world, size)
    room = world.group(*members)
    texts = talk(world, room, *members, count=48, every=2 * 60 * MINUTE)
    box = box_of(world, members[0], room)
    assert len(box.frames) < box.head * 0.8
    world.settle(span=3 * DAY, most=3_000)
    assert len(box.frames) <= 3 * size, (len(box.frames), box.head)
    for person in members:
        assert texts == person.texts(room)
    all_well(world, room, *members)


def test_what_somebody_who_is_away_has_not_read_stays() -> None:
    """However long they are away; then it goes."""
    world = World(7, timing=ONE_EPOCH)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    texts = talk(world, room, a, b, count=10)
    unread = {seq for seq in box_of(world, a, room).frames if seq > track_of(c, room).position}
    world.settle(span=5 * DAY, most=3_000)
    assert unread <= box_of(world, a, room).frames.keys()
    c.online = True
    world.settle(span=5 * DAY, most=3_000)
    assert len(unread & box_of(world, a, room).frames.keys()) < len(unread)
    assert texts == c.texts(room)
    all_well(world, room, a, b, c)


@pytest.mark.parametrize("count", [10, 200])
def test_what_a_relay_kept_for_a_shorter_time_than_somebody_was_away_comes_back(count: int) -> None:
    """Those who have it put it back, or hand it over, however much it is."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    b.online = False
    for number in range(count):
        (a, c)[number % 2].send(room, f"line {number}")
        world.quiet()
    world.settle(span=5 * MINUTE)
    for box in world.relay.boxes.values():
        box.frames = {}
    b.online = True
    world.settle(span=DAY, most=3_000)
    assert {f"line {number}" for number in range(count)} <= set(b.texts(room))
    assert [[], [], []] == [warnings(person) for person in (a, b, c)]


@pytest.mark.parametrize("count", [3, 300])
def test_a_copy_that_was_put_back_still_finds_what_it_said_since(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Though all but its last words were trimmed: it uses no ratchet position twice, and is in the room again."""
    world = CarefulWorld(11)
    world.timing = ONE_EPOCH
    a, b = people(world, 2)
    room = world.group(a, b)
    kept = copied(a.store)
    epoch = a.epoch(room)
    for number in range(count):
        a.send(room, f"line {number}")
        world.quiet()
    world.settle(span=3 * DAY, most=3_000)
    assert (epoch, epoch) == (a.epoch(room), b.epoch(room))
    assert len(box_of(world, a, room).frames) < 8
    old = track_of(a, room)
    world.be_careful(a)
    put_back(world, a, kept, told=False)
    said: list[OpenedFrame] = []
    deliver = world.deliver

    def noting(person: Person, item: OutboxItem) -> Appended | Done | Refusal | None:
        opened = open_quietly(old, item.data) if person is a and isinstance(item.target, RoomFrame) else None
        if opened is not None and opened.kind is Kind.MESSAGE:
            said.append(opened)
        return deliver(person, item)

    monkeypatch.setattr(world, "deliver", noting)
    a.send(room, "said by the copy")
    world.settle(span=DAY, most=3_000)
    assert [] == said
    assert a.epoch(room) > epoch
    assert "said by the copy" in b.texts(room)
    all_well(world, room, a, b)
