"""Invitations of one's own devices: they come by the room that these share, and the inbox does not tell of rooms."""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from tests.rooms.devices import another_device
from tests.rooms.hostile import all_well, everybody, only
from tests.rooms.test_asking_again import accepts, asks, room_of
from tests.rooms.test_handed import came, group_for
from tests.rooms.world import Person, World

HOUR = 3_600_000


def two_devices(seed: int) -> tuple[World, Person, Person, Person]:
    """Mina with a laptop and a desk, and Jun, with whom she has talked."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    desk = another_device(world, mina, "mina's desk")
    world.settle(span=HOUR)
    asks(world, jun, mina)
    world.settle(span=60_000)
    before = came(world, mina)
    accepts(world, mina, jun)
    world.settle(span=120_000)
    assert before == came(world, mina)
    assert ["joined"] * 3 == [each.phase(room_of(mina, jun)) for each in (mina, desk, jun)]
    return world, mina, desk, jun


def test_a_chat_that_one_device_begins_puts_nothing_into_the_inbox() -> None:
    """The other devices are in at once, in a chat of two, a group of one's own and a group of others."""
    world, mina, desk, jun = two_devices(1)
    before = came(world, mina), came(world, jun)
    rooms = [group_for(mina, jun)]
    world.settle(span=120_000)
    rooms.append(group_for(jun, mina))
    world.settle(span=120_000)
    for room in rooms:
        assert ["joined"] * 3 == [each.phase(room) for each in (mina, desk, jun)]
        all_well(world, room, mina, desk, jun)
    assert before == (came(world, mina), came(world, jun))


def test_a_device_that_is_off_has_it_in_the_inbox_at_a_drawn_time() -> None:
    """As a contact that does not come: fifteen to twenty-three hours later. It finds both, and comes in once."""
    waited = []
    for seed in (2, 3):
        world, mina, desk, jun = two_devices(seed)
        only(world, mina, jun)
        room, before, since = group_for(mina, jun), came(world, mina), world.now
        world.settle(span=15 * HOUR, most=3_000)
        assert before == came(world, mina)
        while before == came(world, mina):
            world.settle(span=60_000)
        waited.append(world.now - since)
        everybody(world)
        world.settle(span=HOUR)
        assert 1 == sum(kind == "joined" and place == room for kind, place, _ in desk.events())
        all_well(world, room, mina, desk, jun)
    assert all(15 * HOUR < span <= 23 * HOUR + 120_000 for span in waited)
    assert waited[0] != waited[1]


def test_a_device_that_was_just_linked_is_invited_by_the_inbox() -> None:
    """It is not in the devices' room yet, so there is no other way."""
    world = World(4)
    mina, jun = world.person("mina"), world.person("jun")
    asks(world, jun, mina)
    world.settle(span=60_000)
    accepts(world, mina, jun)
    world.settle(span=120_000)
    before = came(world, mina)
    desk = another_device(world, mina, "mina's desk")
    world.settle(span=HOUR)
    assert before < came(world, mina)
    all_well(world, room_of(mina, jun), mina, desk, jun)


def test_what_a_revoked_device_hands_over_counts_for_nothing() -> None:
    """It is not heard in that room, even while it is still there."""
    world, mina, desk, jun = two_devices(5)
    room = group_for(mina, jun)
    only(world, mina, jun)
    world.settle(span=HOUR)
    with desk.engine.step(world.now) as step:
        assert own_devices.note_told_gone(step.store, [mina.me.device])
    desk.online = True
    world.settle(span=HOUR)
    assert "joined" != desk.phase(room)
