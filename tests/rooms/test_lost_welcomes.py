"""A device was let in by one that forgot it: nobody has its Welcome, and it comes into its rooms all the same."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from tests.rooms.copying import CarefulWorld, copied, look_at_own_card, put_back
from tests.rooms.devices import another_device
from tests.rooms.world import Person

HOUR = 3_600_000
DAY = 24 * HOUR


def devices(person: Person, room: bytes) -> dict[bytes, int]:
    """The devices of a room as this one knows them, each with the epoch in which it came."""
    with person.store.transaction():
        return {device.device: device.since for device in person.store.devices(room)}


def shared(person: Person) -> bytes:
    with person.store.transaction():
        return own_devices.room_id(person.store)


def days(world: CarefulWorld, count: int, *own: Person) -> None:
    """A device looks at its account's card every day."""
    for _ in range(count):
        for person in own:
            look_at_own_card(world, person)
        world.settle(span=DAY, most=1_000)


def let_in_and_forgotten(world: CarefulWorld, by: Person) -> Person:
    """A device links a desk, and its folder is put back once its commits are with the relay."""
    kept = copied(by.store)
    desk = another_device(world, by, "desk")
    by.engine.tick(world.now + 1)
    for item in by.engine.due(world.now + 1):
        world.post(by, item)
    put_back(world, by, kept, told=True)
    world.be_careful(by)
    for person in [person for person in world.people if person.me.device not in {by.me.device, desk.me.device}]:
        for _ in range(3):
            world.turn(person)
    return desk


@pytest.mark.parametrize(("phones", "by"), [(0, "mina"), (1, "mina"), (1, "phone")])
def test_a_device_whose_welcome_is_gone_is_in_every_room_two_days_later(phones: int, by: str) -> None:
    """Whether who forgot it is alone, makes a new shared room, or comes back into that in which the other one is."""
    world = CarefulWorld(7)
    laptop, jun = world.person("mina"), world.person("jun")
    own = [laptop, *(another_device(world, laptop, "phone") for _ in range(phones))]
    world.settle()
    room = world.group(laptop, jun)
    world.settle()
    desk = let_in_and_forgotten(world, next(each for each in own if each.name == by))
    own.append(desk)
    days(world, 1, *own)
    assert (True, "none") == (desk.me.device in devices(jun, room), desk.phase(room)), "everybody takes it for a member"
    days(world, 2, *own)
    assert ["joined"] * len(own) == [person.phase(room) for person in own]
    assert 1 == len({person.where(room) for person in [*own, jun]})
    assert (1, {"joined"}) == (len({shared(each) for each in own}), {each.phase(shared(each)) for each in own})
    jun.send(room, "all of you?")
    world.settle()
    assert [["all of you?"]] * len(own) == [person.texts(room) for person in own]
    assert {each.me.device for each in [*own, jun]} == set(devices(jun, room))


def test_a_device_that_was_never_switched_on_is_let_in_again_once() -> None:
    """Not on every day, not by each of the others, and not where other people would see it. Then it comes in."""
    world = CarefulWorld(8)
    laptop, jun = world.person("mina"), world.person("jun")
    phone, tablet = (another_device(world, laptop, name) for name in ("phone", "tablet"))
    world.settle()
    room = world.group(laptop, jun)
    world.settle()
    desk = another_device(world, laptop, "desk")
    desk.online = False
    world.settle()
    places = {where: {devices(laptop, where)[desk.me.device]} for where in (room, shared(laptop))}
    for _ in range(3):
        days(world, 1, laptop, phone, tablet)
        for where, since in places.items():
            since.add(devices(laptop, where)[desk.me.device])
    assert [1, 2] == [len(places[room]), len(places[shared(laptop)])]
    desk.online = True
    days(world, 1, laptop, phone, tablet, desk)
    assert ["joined", "joined"] == [desk.phase(where) for where in places]
    assert desk.where(shared(laptop)) == laptop.where(shared(laptop))


def test_a_device_that_came_and_is_off_stays_as_it_is() -> None:
    """For a week, on which nobody hears of it."""
    world = CarefulWorld(9)
    laptop, jun = world.person("mina"), world.person("jun")
    phone, desk = (another_device(world, laptop, name) for name in ("phone", "desk"))
    world.settle()
    room = world.group(laptop, jun)
    world.settle()
    desk.online = False
    before = [devices(laptop, where)[desk.me.device] for where in (room, shared(laptop))]
    days(world, 7, laptop, phone)
    assert before == [devices(laptop, where)[desk.me.device] for where in (room, shared(laptop))]
