"""Devices of one account that share two rooms: all of them end in one, also who can know of the other alone."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.group.create import create_room
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from tests.rooms.copying import copied, look_at_own_card, put_back
from tests.rooms.devices import another_device
from tests.rooms.world import RELAY, Person, World

HOUR = 3_600_000


def shared_room(device: Person) -> bytes:
    with device.store.transaction():
        return own_devices.room_id(device.store)


def second_room(world: World, device: Person) -> bytes:
    """The device makes another room to share, as one does that knows of none."""
    with device.engine.step(world.now) as step:
        made = create_room(step, RoomInfo(1, DEVICES, "", RELAY)).id
        own_devices.settle_room(step, made)
    return made


@pytest.mark.parametrize(("seed", "lower"), [(0, True), (3, False)])
def test_a_first_device_that_forgot_the_shared_room_ends_in_one_with_the_others(seed: int, lower: bool) -> None:  # noqa: FBT001
    """It makes a room of its own; if the ids say that the one it forgot counts, it is told of that and asks."""
    world = World(seed)
    laptop = world.person("mina")
    kept = copied(laptop.store)
    desk = another_device(world, laptop, "desk")
    world.settle()
    forgotten = shared_room(laptop)
    put_back(world, laptop, kept, told=True)
    look_at_own_card(world, laptop)
    made = shared_room(laptop)
    assert (made < forgotten, made == forgotten) == (lower, False)
    world.settle(span=12 * HOUR, most=2_000)
    assert [min(made, forgotten)] * 2 == [shared_room(laptop), shared_room(desk)]
    assert laptop.where(shared_room(laptop)) == desk.where(shared_room(laptop))


def test_a_device_that_comes_back_into_the_other_room_is_told_which_one_counts() -> None:
    """Its folder is from before the second room was made, in which its leaf still stands."""
    world = World(5)
    laptop = world.person("mina")
    desk = another_device(world, laptop, "desk")
    world.settle()
    first, kept = shared_room(laptop), copied(desk.store)
    second = second_room(world, laptop)
    assert second < first
    world.settle(span=HOUR, most=2_000)
    assert [second] * 2 == [shared_room(laptop), shared_room(desk)]
    put_back(world, desk, kept, told=True)
    world.settle(span=HOUR, most=2_000)
    assert first == shared_room(desk)
    world.settle(span=12 * HOUR, most=2_000)
    assert second == shared_room(desk)
    assert laptop.where(second) == desk.where(second)


def test_who_settled_on_the_higher_of_two_rooms_it_is_in_follows_the_others() -> None:
    """It made that one while it waited for a way back into the lower one, say."""
    world = World(5)
    laptop = world.person("mina")
    desk = another_device(world, laptop, "desk")
    world.settle()
    first, second = shared_room(laptop), second_room(world, laptop)
    world.settle(span=HOUR, most=2_000)
    assert [second] * 2 == [shared_room(laptop), shared_room(desk)]
    with desk.store.transaction():
        own_devices.set_room(desk.store, first)
    phone = another_device(world, laptop, "phone")
    world.settle(span=HOUR, most=2_000)
    assert [second] * 3 == [shared_room(device) for device in (laptop, desk, phone)]
