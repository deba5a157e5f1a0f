"""Who ended an epoch says so in its box again and again while somebody is away: one for all, and never nobody."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, everybody, frames_at, only, people, update_keys
from tests.rooms.test_forks import forked
from tests.rooms.world import Person, World

HOUR = 3_600_000
LOOKS = 6
"""That a device takes in twelve hours: after ten minutes, and then with doubling intervals."""


def away_while_keys_change(world: World, count: int) -> tuple[list[Person], bytes]:
    """A room of so many, the last of whom is away when the first renews its keys."""
    everyone = people(world, count)
    room = world.group(*everyone)
    only(world, *everyone[:-1])
    update_keys(everyone[0], room)
    world.settle(span=60_000)
    return everyone, room


def left(person: Person, room: bytes) -> BoxTrack:
    """The box before the current one."""
    with person.engine.step(person.world.now, room) as step:
        return step.room(room).boxes[-2]


def announcements(world: World, person: Person, room: bytes) -> int:
    """How many lie in that box."""
    track = left(person, room)
    opened = [box_log.open_quietly(track, frame) for frame in frames_at(world, track.keys.box.address)]
    return sum(one is not None and one.kind is Kind.SETTLED for one in opened)


@pytest.mark.parametrize(("count", "least"), [(2, LOOKS - 1), (3, LOOKS // 2), (9, LOOKS // 2)])
def test_one_announces_for_all_who_came_along(count: int, least: int) -> None:
    """However many wait for who is away: no more announcements than about one for each look. Whoever is alone announces
    each time; of several, one who heard another leaves it out, so that it may be every second time.
    """
    world = World(count)
    everyone, room = away_while_keys_change(world, count)
    world.settle(span=12 * HOUR, most=5_000)
    assert least <= announcements(world, everyone[0], room) <= 2 * LOOKS
    everybody(world)
    all_well(world, room, *everyone)


def test_what_is_erased_is_announced_again() -> None:
    """Somebody who holds the box's secrets erases each announcement: the next one comes all the same."""
    world = World(4)
    everyone, room = away_while_keys_change(world, 4)
    address = left(everyone[0], room).keys.box.address
    found = 0
    for _ in range(12):
        world.settle(span=HOUR, most=1_000)
        found += announcements(world, everyone[0], room)
        world.relay.trim(address, world.relay.boxes[address].head)
    assert LOOKS // 2 <= found <= 2 * LOOKS
    world.settle(span=12 * HOUR, most=2_000)
    everybody(world)
    all_well(world, room, *everyone)


def test_two_branches_that_ignore_each_other_answer_less_and_less_often() -> None:
    """Nobody on one branch believes anybody on the other: each answers what the other announces, but not for ever."""
    world, crowd, room = forked(7, size=4)
    for person in crowd:
        with person.engine.step(world.now, room) as step:
            step.room(room).doubted = {one.account.hex(): world.now + 7 * 24 * HOUR for one in crowd}
    everybody(world)
    world.settle(span=12 * HOUR, most=20_000)
    assert 2 <= announcements(world, crowd[1], room) <= 6 * LOOKS
