"""A device that is none of its account's any more: it comes back into no room and takes nothing from those that are."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands, conversation
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import membership
from nullabona.client.core.model.branches import helpers_of
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.restore import returning
from tests.rooms.copying import copied, look_at_own_card, put_back
from tests.rooms.devices import another_device, remove_device, restored
from tests.rooms.hostile import only
from tests.rooms.test_forks import removed_by_a_lost_commit
from tests.rooms.world import Person, World

HOUR = 3_600_000
DAY = 24 * HOUR


def lost_and_awake(seed: int) -> tuple[World, Person, Person, Person, bytes]:
    """Mina, Jun's old laptop, Jun's new desk and a group. The account was restored on the desk, which is off; the
    laptop wakes in its own past, looks for its rooms, and has not seen the card yet.
    """
    world = World(seed)
    mina, laptop = world.person("mina"), world.person("jun")
    room = world.group(mina, laptop)
    desk = restored(world, laptop, "jun's desk")
    put_back(world, laptop, copied(laptop.store), told=True)
    desk.online, laptop.online = False, True
    return world, mina, laptop, desk, room


def heads(world: World) -> dict[bytes, int]:
    """How much was ever put into each box."""
    return {address: box.head for address, box in world.relay.boxes.items()}


def look_for_a_way_back(world: World, laptop: Person, helper: Person, steps: int) -> None:
    for _ in range(steps):
        world.turn(laptop)
        world.turn(helper)
        world.pass_time(4_000)


def test_a_member_helps_as_long_as_the_device_stands_in_the_room() -> None:
    """What the others here are about: who does not know yet that it was revoked is soon in again."""
    world, mina, laptop, _, room = lost_and_awake(1)
    look_for_a_way_back(world, laptop, mina, 10)
    assert "joined" == laptop.phase(room)


@pytest.mark.parametrize("steps", range(11))
def test_who_is_put_out_while_it_looks_for_a_way_back_does_not_come_back(steps: int) -> None:
    """However far it has come."""
    world, mina, laptop, _, room = lost_and_awake(1)
    look_for_a_way_back(world, laptop, mina, steps)
    look_at_own_card(world, laptop)
    mina.send(room, "without the laptop")
    world.settle(span=DAY)
    assert ("removed", []) == (laptop.phase(room), laptop.texts(room))


def test_who_is_put_out_asks_the_relay_for_nothing_and_puts_nothing_there() -> None:
    """No ticket, no room and no answer is asked for any more, and no hour wakes it."""
    world, mina, laptop, _, _ = lost_and_awake(2)
    sora = world.person("sora")
    mina.online = False
    with laptop.engine.step(world.now) as step:
        commands.request_contact(step, sora.card, laptop.card.encoded, "hello")
    world.settle(span=60_000)
    look_at_own_card(world, laptop)
    world.quiet()
    before = heads(world)
    assert ([], [], None) == (world.reads(laptop), world.queues(laptop), laptop.engine.wake_at())
    world.settle(span=DAY)
    assert before == heads(world)


def test_who_is_put_out_erases_nothing_that_its_successor_has_not_read() -> None:
    """By the card that the old device knows, it is the only one."""
    world, _, laptop, desk, _ = lost_and_awake(3)
    sora = world.person("sora")
    with sora.engine.step(world.now) as step:
        commands.request_contact(step, desk.card, sora.card.encoded, "hello")
    while world.turn(sora):
        pass
    for room, want in world.reads(laptop):
        world.read(laptop, room, want)
    world.pass_time(world.timing.trim + 1)
    laptop.engine.tick(world.now)
    assert "inbox-trim" in [item.target.kind for item in laptop.engine.due(world.now)]
    look_at_own_card(world, laptop)
    world.settle(span=HOUR)
    desk.online = True
    world.settle(span=HOUR)
    with desk.store.transaction():
        found = desk.store.contact(sora.account)
    assert found is not None
    assert ContactState.ASKING is found.state


def test_no_invitation_brings_in_who_was_put_out() -> None:
    """A contact that knows an old card names the device still."""
    world = World(4)
    mina, laptop = world.person("mina"), world.person("jun")
    world.group(mina, laptop)
    desk = another_device(world, laptop, "jun's desk")
    world.settle()
    old = world.cards[laptop.me.handle]
    remove_device(world, laptop, desk)
    look_at_own_card(world, desk)
    with mina.engine.step(world.now) as step:
        room = commands.create_group(step, "book club")
        commands.add_account(step, room, old)
    world.settle(span=60_000)
    assert ("joined", "none") == (laptop.phase(room), desk.phase(room))


def test_rooms_that_a_sibling_promised_are_not_asked_for_though_lines_still_disappear() -> None:
    """The device was told of a room that it would be let into, and was removed before."""
    world = World(5)
    mina, laptop = world.person("mina"), world.person("jun")
    room, promised = world.group(mina, laptop), bytes(32)
    with mina.engine.step(world.now, room) as step:
        conversation.set_timer(step, room, DAY // 1_000)
    world.settle()
    laptop.send(room, "for a day")
    world.settle(span=HOUR)
    with laptop.engine.step(world.now) as step:
        returning.expect(step, promised, mina.info(room), helpers_of(list(step.roster(room).values())))
    restored(world, laptop, "jun's desk").online = False
    laptop.online = True
    look_at_own_card(world, laptop)
    world.settle(span=DAY)
    assert ("none", []) == (laptop.phase(promised), laptop.texts(room))


@pytest.mark.parametrize("asks", [False, True])
def test_no_branch_brings_back_who_was_put_out(asks: bool) -> None:  # noqa: FBT001
    """It watches the box from which on it was removed, and the room took another commit. Perhaps it asks already."""
    world, _, b, c, room = removed_by_a_lost_commit(2)
    only(world, b, c)
    while asks and not looks_for(b, room):
        world.turn(c)
        world.turn(b)
        world.pass_time(1_000)
    with b.engine.step(world.now) as step:
        membership.sign_out(step)
    world.settle(span=2 * HOUR, most=2_000)
    assert ("removed", False) == (b.phase(room), looks_for(b, room))
    assert ["removed"] == [kind for kind, _, _ in b.events() if kind in {"removed", "rejoined"}]


def looks_for(person: Person, room: bytes) -> bool:
    """Whether members are asked for a way back."""
    with person.engine.step(person.world.now) as step:
        return step.room(room).rejoin is not None


def test_it_is_told_once() -> None:
    world, _, laptop, _, _ = lost_and_awake(6)
    look_at_own_card(world, laptop)
    look_at_own_card(world, laptop)
    with laptop.store.transaction():
        assert own_devices.is_signed_out(laptop.store)
    assert 1 == [kind for kind, _, _ in laptop.events()].count("signed-out")
