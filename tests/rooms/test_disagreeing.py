"""Two devices of an account that disagree of a third take turns ever more slowly (spec/devices.md §4)."""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import membership
from tests.rooms.devices import another_device
from tests.rooms.world import Person, World

HOUR = 3_600_000


def disagreeing() -> tuple[World, bytes, Person, Person, Person, Person]:
    """Mina's laptop takes her phone for removed, her desk does not, and nothing tells them. Jun is with them."""
    world = World(3)
    laptop, jun = world.person("mina"), world.person("jun")
    desk, phone = another_device(world, laptop, "desk"), another_device(world, laptop, "phone")
    world.settle()
    room = world.group(laptop, jun)
    world.settle()
    assert {"joined"} == {person.phase(room) for person in (laptop, desk, phone, jun)}
    puts_out(world, laptop, phone)
    return world, room, laptop, desk, phone, jun


def puts_out(world: World, device: Person, other: Person) -> None:
    """This device alone comes to believe that the other was removed."""
    with device.engine.step(world.now) as step:
        own_devices.note_gone(step.store, [other.me.device])
        membership.soon(step, 0)


def test_they_do_not_change_the_room_without_end() -> None:
    """A few dozen epochs in a day, in place of one every few seconds; everybody goes on talking."""
    world, room, laptop, desk, _, jun = disagreeing()
    before, began = jun.epoch(room), world.now
    world.settle(span=24 * HOUR, most=2_000)
    assert world.now >= began + 24 * HOUR
    assert 4 < jun.epoch(room) - before < 80
    jun.send(room, "all of you?")
    world.settle(span=HOUR)
    assert [["all of you?"]] * 2 == [laptop.texts(room), desk.texts(room)]


def test_once_they_agree_it_is_settled_the_same_day() -> None:
    """The last wait ends within six hours."""
    world, room, laptop, desk, phone, jun = disagreeing()
    world.settle(span=6 * HOUR, most=2_000)
    puts_out(world, desk, phone)
    world.settle(span=13 * HOUR, most=2_000)
    assert ["joined", "joined", "removed"] == [person.phase(room) for person in (laptop, desk, phone)]
    assert laptop.where(room) == desk.where(room) == jun.where(room)


def test_the_same_device_may_come_and_go_at_once_again_another_day() -> None:
    """What it took to agree is forgotten."""
    world, room, laptop, desk, phone, _ = disagreeing()
    world.settle(span=6 * HOUR, most=2_000)
    puts_out(world, desk, phone)
    world.settle(span=48 * HOUR, most=2_000)
    with laptop.engine.step(world.now, room) as step:
        assert membership._may_see_to(step, step.room(room), phone.me.device)
        assert 1 == step.room(room).device_changes[phone.me.device.hex()].times
