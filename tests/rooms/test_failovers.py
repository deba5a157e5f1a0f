"""A relay's store fails over: boxes lack their newest frames and are renamed (spec/room.md §5)."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from nullabona.client.core import commands
from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step, Timing
from tests.rooms.audit import audit_removals, audit_rest
from tests.rooms.hostile import all_well, people, track_of
from tests.rooms.schedule import Schedule
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
OFTEN = Timing(claim=30_000, lighten=MINUTE)
ONE_EPOCH = Timing(claim=30_000, update=60 * DAY)
FEW = 12
MANY = 200
CHUNK = 10


def doubled(world: World) -> int:
    """How many frames the boxes have more than once."""
    return sum(
        count - 1 for box in world.relay.boxes.values() for count in Counter(box.frames.values()).values() if count > 1
    )


def held(world: World) -> int:
    return sum(len(box.frames) for box in world.relay.boxes.values())


def talk(world: World, room: bytes, *members: Person, rounds: int = 3) -> None:
    for number in range(rounds):
        for person in members:
            person.send(room, f"{person.name} {number}")
            world.quiet()


@pytest.mark.parametrize("lost", [0, 2])
def test_a_failover_doubles_nothing(lost: int) -> None:
    """Whether it loses nothing or the newest frames, each frame is in its box once, and everybody has everything."""
    world = World(lost)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    talk(world, room, a, b, c)
    world.relay.fail_over(lost)
    a.send(room, "said after it")
    world.settle(span=10 * MINUTE)
    assert 0 == doubled(world)
    for person in (a, b, c):
        assert 10 == len(person.texts(room))
    all_well(world, room, a, b, c)


def test_a_planned_failover_of_many_rooms_brings_no_storm() -> None:
    """Each room is renamed when somebody speaks: that brings one message and its receipts, as on any other day."""
    world = World(3)
    a, b, c = people(world, 3)
    rooms = [world.group(a, b, c, name=f"room {number}") for number in range(40)]
    for room in rooms:
        talk(world, room, a, b, c, rounds=1)
    world.settle(span=10 * MINUTE)
    spoken = []
    for fails in (False, True):
        if fails:
            world.relay.fail_over(0)
        before = held(world)
        for room in rooms:
            a.send(room, f"after it: {fails}")
        world.settle(span=10 * MINUTE)
        spoken.append(held(world) - before)
    usual, renamed = spoken
    assert 0 == doubled(world)
    assert renamed <= 2 * usual, (usual, renamed)


def test_a_failover_of_boxes_that_were_trimmed_brings_no_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all have read is not there any more when a box is read again: nobody asks where the room is for that."""
    asked: list[str] = []
    begin = branches.begin

    def noting(step: Step, room: RoomState, rejoin: Rejoin) -> None:
        asked.append(rejoin.reason)
        begin(step, room, rejoin)

    monkeypatch.setattr(branches, "begin", noting)
    world = World(8, timing=ONE_EPOCH)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    spoken = []
    for fails in (False, True):
        for person in (a, b, c):
            person.send(room, f"{person.name}, before it: {fails}")
            world.quiet()
        world.settle(span=4 * DAY, most=3_000)
        box = world.relay.boxes[bytes(track_of(a, room).keys.box.address)]
        assert min(box.frames) > 1
        if fails:
            world.relay.fail_over(0)
        before = sum(box.head for box in world.relay.boxes.values())
        a.send(room, f"after it: {fails}")
        world.settle(span=6 * HOUR, most=2_000)  # the last receipts included
        spoken.append(sum(box.head for box in world.relay.boxes.values()) - before)
    usual, renamed = spoken
    assert [] == asked
    assert 3 == usual
    assert renamed <= 2 * usual, (usual, renamed)
    all_well(world, room, a, b, c)


def test_a_commit_goes_through_within_a_minute_of_a_failover() -> None:
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    talk(world, room, a, b, c)
    world.relay.fail_over(1)
    epoch = a.epoch(room)
    with a.engine.step(world.now, room) as step:
        commands.update_keys(step, room)
    world.settle(span=MINUTE)
    assert {epoch + 1} == {person.epoch(room) for person in (a, b, c)}


def test_what_a_relay_will_not_show_again_goes_back_in_the_end() -> None:
    """A relay that names a head it never shows delays what goes back by a minute and no more."""
    world = World(6)
    a, b = people(world, 2)
    room = world.group(a, b)
    b.online = False
    a.send(room, "lost with its box")
    world.quiet()
    world.relay.wipe()
    a.send(room, "the box again")
    world.quiet()
    box = world.relay.boxes[bytes(track_of(a, room).keys.box.address)]
    box.head += 100
    world.settle(span=2 * MINUTE)
    b.online = True
    world.settle(span=60 * MINUTE)
    assert {"lost with its box", "the box again"} <= set(b.texts(room))


class Failing(Schedule):
    """A schedule in which the relay's store fails over, and open boxes are trimmed, besides all else that happens."""

    def _wipe(self) -> None:
        if self.dice.between(0, 3):
            most = self.dice.between(0, 4)
            self.note(f"failover, up to {most} lost")
            self.world.relay.fail_over(most)
        else:
            super()._wipe()


def play(seed: int) -> None:
    dice = random.Random(seed)
    schedule = Failing(
        seed, size=dice.randint(3, 6), spare=dice.randint(0, 2), actions=dice.randint(30, 120), timing=OFTEN
    )
    try:
        schedule.play()
        schedule.check()
        inside = [person for person in schedule.everybody if person.phase(schedule.room) == "joined"]
        added = {name for line in schedule.log if " add " in line for name in [line.rsplit(" ", 1)[1]]}
        audit_rest(schedule.world, schedule.room)
        audit_removals(inside, schedule.room, {p.account for p in schedule.everybody if p.name not in added})
    except BaseException:
        print(f"seed {seed}", *schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
        raise


@pytest.mark.parametrize("seed", range(50_000, 50_000 + FEW))
def test_a_schedule_with_failovers_ends_well(seed: int) -> None:
    play(seed)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(50_000 + FEW, 50_000 + FEW + MANY, CHUNK))
def test_many_schedules_with_failovers_end_well(first: int) -> None:
    for seed in range(first, first + CHUNK):
        play(seed)
