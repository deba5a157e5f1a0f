"""Members whom a fork put apart: who was removed or added on a branch that others never saw (spec/room.md §§5, 7)."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import (
    add,
    all_well,
    everybody,
    kinds,
    only,
    people,
    read_room,
    remove,
    send_all,
    update_keys,
)
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


# -- removed on the branch that one is not on ---------------------------------------------------------------------


def apart(seed: int, size: int, *, admin: int = 0) -> tuple[World, list[Person], bytes]:
    """The first person, shown a history of their own, went another way than the others; which way wins is chance."""
    world = World(seed)
    crowd = people(world, size)
    room = world.group(crowd[admin], *(person for person in crowd if person is not crowd[admin]))
    crowd[0].relay = world.relay.copy()
    only(world, crowd[0])
    update_keys(crowd[0], room)
    world.settle(span=MINUTE)
    only(world, *crowd[1:])
    update_keys(crowd[1], room)
    world.settle(span=MINUTE)
    return world, crowd, room


@pytest.mark.parametrize("seed", range(4))
def test_who_was_removed_on_a_branch_they_never_saw_finds_out(seed: int) -> None:
    """The others are all together and wait for nobody; the one outside learns of their branch and that they are out."""
    world, (out, admin, *rest), room = apart(seed, 4, admin=1)
    remove(admin, room, out)
    world.settle(span=HOUR)
    out.relay = None
    everybody(world)
    world.settle(span=3 * DAY, most=8_000)
    assert ("removed", len(rest) + 1) == (out.phase(room), len(admin.members(room)))
    all_well(world, room, admin, *rest)
    audit_rest(world, room)


def test_who_was_removed_and_comes_back_a_week_later_finds_out() -> None:
    """Nobody looks into the old boxes any more; the one outside asks, after a day on which nobody came."""
    world, (out, admin, *rest), room = apart(4, 4, admin=1)
    remove(admin, room, out)
    world.settle(span=7 * DAY, most=8_000)
    out.relay = None
    everybody(world)
    world.settle(span=2 * DAY, most=8_000)
    assert ("removed", len(rest) + 1) == (out.phase(room), len(admin.members(room)))
    all_well(world, room, admin, *rest)


@pytest.mark.parametrize("seed", range(4))
def test_who_was_removed_by_somebody_who_is_alone_since_finds_out(seed: int) -> None:
    """The one who removed everybody else has nobody to wait for, and is still found."""
    world, (a, *others), room = apart(seed, 3)
    only(world, a)
    for other in others:
        remove(a, room, other)
    world.settle(span=HOUR)
    a.relay = None
    everybody(world)
    world.settle(span=4 * DAY, most=8_000)
    assert ["joined", "removed", "removed"] == [person.phase(room) for person in (a, *others)]
    assert {a.account} == a.members(room)
    audit_rest(world, room)


def test_who_was_removed_on_the_losing_branch_reads_nothing_that_was_sent_after_it() -> None:
    """What was said there waits until the removal is redone on the winning branch, and then reaches everybody else."""
    for seed in range(40):
        world, (a, b, c), room = apart(seed, 3)
        only(world, a)
        remove(a, room, c)
        world.settle(span=MINUTE)
        a.send(room, "not for c")
        world.settle(span=MINUTE)
        a.relay = None
        everybody(world)
        world.settle(span=DAY, most=4_000)
        assert ["not for c"] == b.texts(room)
        assert ([], "removed", {a.account, b.account}) == (c.texts(room), c.phase(room), a.members(room))
        audit_rest(world, room)
        if "rejoined" in kinds(a, room, "rejoined"):
            return
    pytest.fail("the other branch never won")


# -- added, but by whom -------------------------------------------------------------------------------------------


def test_who_was_added_comes_in_though_the_relay_lost_it_and_the_inviter_left() -> None:
    """Nobody else has the Welcome: a device that was removed itself goes on inviting for a while."""
    world = World(14)
    a, b, c, late = people(world, 4)
    room = world.group(a, b, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.befriend(b, late)
    late.online = False
    world.settle()
    add(b, room, late)
    world.settle(span=MINUTE)
    with b.engine.step(world.now, room) as step:
        commands.leave(step, room)
    world.settle(span=MINUTE)
    assert ("left", True) == (b.phase(room), late.account in a.members(room))
    world.relay.wipe()
    everybody(world)
    world.settle(span=DAY, most=4_000)
    all_well(world, room, a, c, late)
    audit_rest(world, room)


@pytest.mark.parametrize("seed", range(4))
def test_who_was_added_by_a_commit_that_lost_here_and_won_elsewhere_comes_in(seed: int) -> None:
    """The adder had given the commit up; when they come to the branch that took it, they send its Welcome after all."""
    world = World(seed)
    a, b, c, late = people(world, 4)
    room = world.group(a, b, c)
    world.befriend(a, late)
    a.relay = c.relay = world.relay.copy()
    update_keys(c, room)
    send_all(world, c)
    a.relay = None
    add(a, room, late)
    send_all(world, a)
    read_room(world, b, room)
    a.relay = c.relay
    for person in (a, c):
        read_room(world, person, room)
        person.relay = None
    assert 2 == len({person.where(room) for person in (a, b, c)})
    world.relay.wipe()
    world.settle(span=DAY, most=4_000)
    all_well(world, room, a, b, c, late)
