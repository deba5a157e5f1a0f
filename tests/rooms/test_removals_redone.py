"""Removals of a losing branch hold on the winning one, where those whom they name have older keys (spec/room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.intents import RemoveAccount
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import add, all_well, everybody, kinds, only, people, read_room, remove, send_all, update_keys
from tests.rooms.test_leaving import leaves
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def losing(seed: int, *, admins: int = 1) -> tuple[World, list[Person], bytes]:
    """The first person removed the last on a branch that only they have, which will win; all others renewed their keys
    on theirs. The first ``admins`` people are admins; those on the losing branch are online.
    """
    world = World(seed)
    crowd = people(world, 6)
    room = world.group(*crowd)
    for person in crowd[1:admins]:
        with crowd[0].engine.step(world.now, room) as step:
            commands.set_admin(step, room, person.account, admin=True)
    world.settle()
    crowd[0].relay = world.relay.copy()
    only(world, crowd[0])
    remove(crowd[0], room, crowd[-1])
    world.settle(span=2 * MINUTE)
    crowd[0].relay = None
    only(world, *crowd[1:-1])
    for person in crowd[1:-1]:
        update_keys(person, room)
        world.settle(span=2 * MINUTE)
    return world, crowd[:-1], room


def meet(world: World, room: bytes, inside: list[Person]) -> None:
    """Let everybody who is in come together on the winning branch; nobody else is listed there."""
    everybody(world)
    world.settle(span=DAY, most=8_000)
    for person in inside:
        assert {each.account for each in inside} == person.members(room)
    all_well(world, room, *inside)
    for person in inside:
        assert {each.account for each in inside} == person.members(room)


@pytest.mark.parametrize("seed", range(2))
def test_who_left_on_the_losing_branch_with_a_new_key_is_out_on_the_winning_one(seed: int) -> None:
    world, (first, leaver, *others), room = losing(seed)
    leaves(world, leaver, room)
    world.settle(span=2 * MINUTE)
    assert "left" == leaver.phase(room)
    meet(world, room, [first, *others])
    assert "left" == leaver.phase(room)
    audit_rest(world, room)


@pytest.mark.parametrize("seed", range(2))
def test_an_admins_removal_is_redone_though_that_admin_is_gone(seed: int) -> None:
    world, (first, admin, out, *others), room = losing(seed, admins=2)
    remove(admin, room, out)
    world.settle(span=2 * MINUTE)
    assert "removed" == out.phase(room)
    out.online = admin.online = False
    first.online = True
    world.settle(span=DAY, most=8_000)
    assert {each.account for each in [first, admin, *others]} == others[0].members(room)


@pytest.mark.parametrize("seed", range(2))
def test_who_was_removed_and_added_again_on_the_losing_branch_stays(seed: int) -> None:
    world, (first, admin, back, *others), room = losing(seed, admins=2)
    remove(admin, room, back)
    world.settle(span=2 * MINUTE)
    add(admin, room, back)
    world.settle(span=2 * MINUTE)
    assert "joined" == back.phase(room)
    only(world, first, admin)
    world.settle(span=DAY, most=8_000)
    assert back.account in admin.members(room)
    meet(world, room, [first, admin, back, *others])


@pytest.mark.parametrize("seed", range(2))
def test_who_was_added_and_removed_on_the_losing_branch_stays_out(seed: int) -> None:
    """The member who had added them moves there while all who knew of the removal are away."""
    world, (first, adder, remover, *others), room = losing(seed, admins=3)
    late = world.person("late")
    world.befriend(adder, late)
    add(adder, room, late)
    world.settle(span=2 * MINUTE)
    remove(remover, room, late)
    world.settle(span=2 * MINUTE)
    assert "removed" == late.phase(room)
    only(world, first, adder)
    world.settle(span=DAY, most=8_000)
    assert {each.account for each in [first, adder, remover, *others]} == adder.members(room)
    meet(world, room, [first, adder, remover, *others])
    assert "removed" == late.phase(room)


@pytest.mark.parametrize("seed", range(2))
def test_a_role_and_a_name_that_were_taken_back_on_the_losing_branch_do_not_come_back(seed: int) -> None:
    """The admin who had given them moves there while all who knew better are away."""
    world, (first, giver, taker, *others), room = losing(seed, admins=3)
    before = set(first.info(room).admins)
    with giver.engine.step(world.now, room) as step:
        commands.rename(step, room, "given")
        commands.set_admin(step, room, others[0].account, admin=True)
    world.settle(span=2 * MINUTE)
    with taker.engine.step(world.now, room) as step:
        commands.rename(step, room, "taken")
        commands.set_admin(step, room, others[0].account, admin=False)
    world.settle(span=2 * MINUTE)
    only(world, first, giver)
    world.settle(span=DAY, most=8_000)
    assert (before, "family") == (set(giver.info(room).admins), giver.info(room).name)
    meet(world, room, [first, giver, taker, *others])
    assert (before, "taken") == (set(giver.info(room).admins), giver.info(room).name)


def test_of_two_names_the_later_one_is_given_on_the_winning_branch() -> None:
    """The first holds on the losing branch; the second is wanted while the device looks for the other one."""
    world, (first, giver, *others), room = losing(5, admins=2)
    only(world, giver)
    with giver.engine.step(world.now, room) as step:
        commands.rename(step, room, "one")
    world.settle(span=2 * MINUTE)
    only(world, first, giver)
    for _ in range(4_000):
        for person in (first, giver):
            world.turn(person)
        if (state := giver.look(room)) is not None and state.rejoin is not None:
            break
        world.pass_time(500)
    with giver.engine.step(world.now, room) as step:
        commands.rename(step, room, "two")
    meet(world, room, [first, giver, *others])
    assert {"two"} == {person.info(room).name for person in (first, giver, *others)}


def test_who_wants_to_leave_and_is_invited_to_the_winning_branch_leaves_there() -> None:
    """The admin there had removed them before they wanted to leave, and adds them again."""
    world, (first, *others), room = losing(6)
    leaver = world.people[-1]
    only(world, leaver, *others)
    world.settle(span=2 * MINUTE)
    only(world, first)
    add(first, room, leaver)
    world.settle(span=20 * MINUTE)
    only(world, leaver)
    leaves(world, leaver, room)
    read_room(world, leaver, room)
    state = leaver.look(room)
    assert state is not None
    assert ("joined", "fork") == (state.phase, state.rejoin and state.rejoin.reason)
    only(world, first, leaver)
    world.settle(span=DAY, most=8_000)
    assert 2 == kinds(leaver, room, "joined").count("joined")
    assert ("left", False) == (leaver.phase(room), leaver.account in first.members(room))


@pytest.mark.parametrize("seed", range(2))
def test_who_leaves_after_a_commit_of_theirs_that_lost_here_and_won_elsewhere_is_out_there(seed: int) -> None:
    """On the branch that wins they have the key of that commit, which they gave up."""
    world = World(seed)
    first, leaver, out, *others = crowd = people(world, 5)
    room = world.group(*crowd)
    with first.engine.step(world.now, room) as step:
        commands.set_admin(step, room, leaver.account, admin=True)
    world.settle()
    others[0].relay = leaver.relay = others[1].relay = world.relay.copy()
    update_keys(others[0], room)
    send_all(world, others[0])
    leaver.relay = None
    remove(leaver, room, out)
    send_all(world, leaver)
    leaver.relay = others[0].relay
    only(world, first, out)
    world.settle(span=2 * MINUTE)
    only(world, leaver, *others)
    world.settle(span=2 * MINUTE)
    leaves(world, leaver, room)
    world.settle(span=2 * MINUTE)
    assert "left" == leaver.phase(room)
    for person in crowd:
        person.relay = None
    meet(world, room, [first, *others])


@pytest.mark.parametrize("seed", range(2))
def test_who_was_carried_out_and_added_again_is_removed_by_nobody_who_was_away(seed: int) -> None:
    """A member who was away wanted to carry out the order, too, and comes back before the added device does."""
    world = World(seed)
    admin, back, away, *others = crowd = people(world, 4)
    room = world.group(*crowd)
    world.befriend(admin, back)
    only(world)
    leaves(world, back, room)
    only(world, back)
    world.settle(span=1)
    only(world, away)
    world.settle(span=1)
    state = away.look(room)
    assert state is not None
    assert [back.account] == [i.account for i in state.intents if isinstance(i, RemoveAccount)]
    only(world, admin, back, *others)
    world.settle(span=2 * MINUTE)
    assert "left" == back.phase(room)
    back.online = False
    add(admin, room, back)
    world.settle(span=2 * MINUTE)
    away.online = True
    world.settle(span=HOUR)
    everybody(world)
    world.settle(span=HOUR)
    assert "joined" == back.phase(room)
    assert {each.account for each in crowd} == away.members(room)
