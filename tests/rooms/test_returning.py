"""Coming back into rooms without ratchet state: a profile that was copied back, an account restored on a new device."""

from __future__ import annotations

from nullabona.client.core import commands, people, returning
from nullabona.client.core.healing import ticket_request
from nullabona.client.core.state import Helper
from tests.rooms.devices import another_device, remember, remove_device, restored
from tests.rooms.world import Person, World


def forsake(world: World, person: Person) -> None:
    """What is done with a profile that turns out to be an old copy."""
    with person.engine.step(world.now) as step:
        for room in step.store.rooms():
            returning.forsake(step, step.room(room))


def leaves(person: Person, room: bytes) -> set[bytes]:
    with person.store.transaction():
        return {device.device for device in person.store.devices(room)}


def test_a_copied_back_profile_comes_back_with_a_new_leaf_and_misses_nothing_new() -> None:
    world = World(5)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    mina.send(room, "before")
    world.settle()
    with jun.store.transaction():
        before = {d.device: d.encryption_key for d in jun.store.devices(room)}
    forsake(world, jun)
    assert jun.phase(room) == "away"
    assert jun.texts(room) == ["before"]
    mina.send(room, "meanwhile")
    world.settle()
    assert jun.phase(room) == "joined"
    with mina.store.transaction():
        after = {d.device: d.encryption_key for d in mina.store.devices(room)}
    assert set(before) == set(after)
    assert before[jun.me.device] != after[jun.me.device]
    jun.send(room, "back")
    world.settle()
    assert sorted(jun.texts(room)) == sorted(mina.texts(room)) == ["back", "before", "meanwhile"]


def test_a_restored_account_replaces_its_lost_device_in_direct_rooms_and_groups() -> None:
    world = World(6)
    mina, jun = world.person("mina"), world.person("jun")
    group = world.group(mina, jun)
    info = mina.info(group)
    fresh = restored(world, jun, "jun again")
    remember(world, fresh, group, info, [mina, jun])
    world.settle(span=6 * 3_600_000)
    assert fresh.phase(group) == "joined"
    assert leaves(mina, group) == {mina.me.device, fresh.me.device}
    mina.send(group, "welcome back")
    world.settle()
    assert fresh.texts(group) == ["welcome back"]


def test_whom_the_room_has_removed_is_told_so() -> None:
    world = World(7)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    info = mina.info(room)
    fresh = restored(world, jun, "jun again")
    with mina.engine.step(world.now, room) as step:
        commands.remove_account(step, room, jun.account)
    world.settle()
    remember(world, fresh, room, info, [mina, sora])
    world.settle()
    assert fresh.phase(room) == "removed"


def test_a_device_that_no_card_names_gets_no_ticket() -> None:
    """A thief with an old certificate, or a device that was put out: the directory's card decides."""
    world = World(8)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    info = mina.info(room)
    thief = another_device(world, jun, "thief")
    world.settle()
    remove_device(world, jun, thief)
    world.settle()
    assert leaves(mina, room) == {mina.me.device, jun.me.device}
    with thief.engine.step(world.now) as step:
        step.forget_room(room)
        step.mls.forget(room)
        returning.begin(step, room, info, [Helper(mina.account, mina.me.handle)])
        people.post(step, mina.account, mina.me.handle, ticket_request(room))
    world.settle(span=2 * 86_400_000)
    assert thief.phase(room) == "away"
    assert leaves(mina, room) == {mina.me.device, jun.me.device}
