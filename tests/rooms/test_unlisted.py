"""A device that no card names and that stands in a room all the same: removed and forgotten, or let in a moment ago."""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import membership
from tests.rooms.copying import copied, look_at_own_card, put_back
from tests.rooms.devices import another_device, remove_device
from tests.rooms.world import Person, World

DAY = 86_400_000


def devices(person: Person, room: bytes) -> set[bytes]:
    with person.store.transaction():
        return {device.device for device in person.store.devices(room)}


def gone(person: Person) -> list[bytes]:
    with person.store.transaction():
        return own_devices.gone(person.store)


def test_who_was_put_out_by_a_device_that_forgot_it_is_out_a_day_later() -> None:
    """The folder of the only device that knew of the other is an old copy; the directory's card tells it enough."""
    world = World(1)
    mina, jun = world.person("mina"), world.person("jun")
    room, kept = world.group(mina, jun), copied(jun.store)
    lost = another_device(world, jun, "lost")
    world.settle()
    assert lost.me.device in devices(mina, room)
    remove_device(world, jun, lost)
    put_back(world, jun, kept, told=True)
    for _ in range(2):
        look_at_own_card(world, jun)
        assert [] == gone(jun)
        world.settle(span=DAY, most=1_000)
        assert lost.me.device in devices(mina, room)
    mina.send(room, "heard by one too many")
    world.settle()
    look_at_own_card(world, jun)
    assert [lost.me.device] == gone(jun)
    world.settle()
    mina.send(room, "among us")
    world.settle()
    assert {mina.me.device, jun.me.device} == devices(mina, room)
    assert ("removed", ["heard by one too many"]) == (lost.phase(room), lost.texts(room))


def test_who_was_let_in_is_not_put_out_by_a_device_that_has_not_heard_of_it() -> None:
    """Not by a look at the directory before it has the new card, and not by one that brings it."""
    world = World(2)
    mina, laptop = world.person("mina"), world.person("jun")
    room = world.group(mina, laptop)
    desk = another_device(world, laptop, "desk")
    world.settle()
    laptop.online = False
    phone = another_device(world, desk, "phone")
    world.settle()
    for want in laptop.engine.reads(room):
        world.read(laptop, room, want)
    world.pass_time(DAY // 2)
    laptop.engine.tick(world.now)
    assert phone.me.device in devices(laptop, room)
    with laptop.engine.step(world.now) as step:
        assert phone.me.device not in {device.id for device in own_devices.listed(step.store)}
        membership.shown(step)
    world.pass_time(DAY)
    look_at_own_card(world, laptop)
    laptop.online = True
    world.settle(span=DAY, most=1_000)
    assert [[]] * 3 == [gone(device) for device in (laptop, desk, phone)]
    assert {each.me.device for each in (mina, laptop, desk, phone)} == devices(mina, room)
