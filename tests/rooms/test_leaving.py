"""Who wants to leave is let out, whatever else is committed meanwhile (spec/room.md §3)."""

from __future__ import annotations

import random

import pytest

from nullabona.client.core import commands, rooms
from nullabona.client.core.group.intents import want
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.errors import NotAllowed
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.records import Message
from nullabona.client.core.timeline import kinds
from tests.rooms.test_devices import pair_of_devices
from tests.rooms.world import Person, World


def notice_of(line: Message) -> Notice:
    notice = kinds.stored(line)
    assert isinstance(notice, Notice)
    return notice


def leaves(world: World, person: Person, room: bytes) -> None:
    with person.engine.step(world.now, room) as step:
        commands.leave(step, room)


def two_admins() -> tuple[World, Person, Person, Person, bytes]:
    """Mina's two devices and Jun, either of whom may leave."""
    world, laptop, desk, jun, room = pair_of_devices()
    appoints(world, laptop, jun, room)
    return world, laptop, desk, jun, room


def appoints(world: World, person: Person, other: Person, room: bytes) -> None:
    with person.engine.step(world.now, room) as step:
        commands.set_admin(step, room, other.account, admin=True)
    world.settle(span=600_000)


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 24))])
def test_of_many_who_leave_about_the_same_time_nobody_stays(seed: int) -> None:
    """Each may carry out what another wants, which gives its own leaf a new key: its order names the old one."""
    world, dice = World(seed), random.Random(seed)
    founder, *others = people = [world.person(name) for name in ("mina", "bora", "cheol", "duri", "eun")]
    room = world.group(*people)
    world.settle()
    waiting = list(others)
    for _ in range(60):
        if waiting and dice.random() < 0.5:
            leaves(world, waiting.pop(), room)
        for person in people:
            if dice.random() < 0.3 and person.phase(room) == "joined":
                person.send(room, "hello")
        dice.shuffle(people)
        for person in people:
            if dice.random() < 0.5:
                world.turn(person)
        world.pass_time(dice.choice([50, 200, 1_000, 3_000]))
    assert [] == waiting
    world.settle(span=600_000)
    assert ["left"] * 4 == [person.phase(room) for person in others]
    assert {founder.account} == founder.members(room)


def test_two_who_leave_at_once_while_nobody_else_is_there_are_both_let_out() -> None:
    world = World(71)
    founder, jun, sora = (world.person(name) for name in ("mina", "jun", "sora"))
    room = world.group(founder, jun, sora)
    world.settle()
    founder.online = False
    for person in (jun, sora):
        leaves(world, person, room)
    world.settle(span=600_000)
    assert ["joined", "left"] == sorted(person.phase(room) for person in (jun, sora))
    founder.online = True
    world.settle(span=600_000)
    assert ["left", "left"] == [person.phase(room) for person in (jun, sora)]
    assert {founder.account} == founder.members(room)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_key_that_is_renewed_about_the_same_time_does_not_keep_anybody_in(when: str) -> None:
    world = World(72)
    founder, jun = (world.person(name) for name in ("mina", "jun"))
    room = world.group(founder, jun)
    world.settle()
    with jun.engine.step(world.now, room) as step:
        if when == "after":
            commands.leave(step, room)
        want(step.room(room), UpdateKeys())
    if when == "before":
        leaves(world, jun, room)
    world.settle(span=600_000)
    assert "left" == jun.phase(room)
    assert {founder.account} == founder.members(room)


def test_the_other_device_leaves_too_though_its_key_is_new() -> None:
    """It was away when the account left, and renews its key before it hears of that."""
    world, laptop, desk, jun, room = two_admins()
    jun.online = False
    with desk.engine.step(world.now, room) as step:
        want(step.room(room), UpdateKeys())
    leaves(world, laptop, room)
    world.settle(span=600_000)
    jun.online = True
    world.settle(span=600_000)
    assert ["left", "left"] == [laptop.phase(room), desk.phase(room)]
    assert {jun.account} == jun.members(room)


def test_who_comes_back_stays() -> None:
    """The old wish is over, whatever keys there are later."""
    world = World(73)
    founder, jun, sora = (world.person(name) for name in ("mina", "jun", "sora"))
    room = world.group(founder, jun, sora)
    world.befriend(founder, jun)
    world.settle()
    leaves(world, jun, room)
    world.settle(span=600_000)
    assert "left" == jun.phase(room)
    with founder.engine.step(world.now, room) as step:
        commands.add_account(step, room, jun.card)
    world.settle(span=600_000)
    assert "joined" == jun.phase(room)
    for person in (jun, founder, jun):
        with person.engine.step(world.now, room) as step:
            assert not rooms.leaving(step, room)
            want(step.room(room), UpdateKeys())
        world.settle(span=600_000)
    assert "joined" == jun.phase(room)


@pytest.mark.parametrize("desk_is", ["away", "there"])
def test_who_is_alone_leaves_with_all_devices(desk_is: str) -> None:
    """At once, whether the other device is there or not; and that one is out once it is."""
    world, laptop, desk, jun, room = pair_of_devices()
    with laptop.engine.step(world.now, room) as step:
        commands.remove_account(step, room, jun.account)
    world.settle(span=600_000)
    desk.online = desk_is == "there"
    leaves(world, laptop, room)
    world.settle(span=600_000)
    assert "left" == laptop.phase(room)
    desk.online = True
    world.settle(span=600_000)
    assert ["left", "left"] == [laptop.phase(room), desk.phase(room)]


def test_when_all_leave_at_once_nobody_is_kept_busy() -> None:
    """The two devices of whoever is last put one another out, once."""
    world, laptop, desk, jun, room = two_admins()
    for person in (desk, jun):
        leaves(world, person, room)
    world.settle(span=86_400_000)
    assert ["left"] * 3 == [person.phase(room) for person in (laptop, desk, jun)]


def admins(person: Person, room: bytes) -> set[str]:
    with person.engine.step(person.world.now, room) as step:
        return {member.handle.split("@")[0] for member in commands.members(step, room) if member.admin}


def test_of_two_admins_who_leave_at_once_somebody_follows() -> None:
    """A group is never without an admin: whoever has been in its tree longest is one, and everybody says so alike."""
    world = World(74)
    mina, jun, sora, bora = people = [world.person(name) for name in ("mina", "jun", "sora", "bora")]
    room = world.group(*people)
    appoints(world, mina, jun, room)
    for person in (mina, jun):
        leaves(world, person, room)
    world.settle(span=600_000)
    assert ["left", "left", "joined", "joined"] == [person.phase(room) for person in people]
    assert [{"sora"}, {"sora"}] == [admins(person, room) for person in (sora, bora)]
    told = [[line for line in person.lines(room) if line.kind == "notice"][-1] for person in (sora, bora)]
    assert [sora.account, sora.account] == [notice_of(line).account for line in told]
    assert {NoticeKind.ADMIN_FOLLOWED} == {notice_of(line).what for line in told}
    with sora.engine.step(world.now, room) as step:
        commands.rename(step, room, "still ours")
    world.settle(span=600_000)
    assert "still ours" == bora.info(room).name


def test_an_admin_who_was_removed_comes_back_without_rights() -> None:
    world = World(75)
    mina, jun, sora = people = [world.person(name) for name in ("mina", "jun", "sora")]
    room = world.group(*people)
    appoints(world, mina, jun, room)
    with mina.engine.step(world.now, room) as step:
        commands.remove_account(step, room, jun.account)
    world.settle(span=600_000)
    with mina.engine.step(world.now, room) as step:
        commands.add_account(step, room, jun.card)
    world.settle(span=600_000)
    assert "joined" == jun.phase(room)
    assert [{"mina"}] * 3 == [admins(person, room) for person in people]
    with pytest.raises(NotAllowed), jun.engine.step(world.now, room) as step:
        commands.remove_account(step, room, sora.account)


def test_the_other_device_says_left_though_it_was_away() -> None:
    """The order that a commit carries says that it was our own wish."""
    world, laptop, desk, _, room = two_admins()
    desk.online = False
    leaves(world, laptop, room)
    world.settle(span=600_000)
    world.relay.wipe()
    desk.online = True
    world.settle(span=600_000)
    assert ["left", "left"] == [laptop.phase(room), desk.phase(room)]
