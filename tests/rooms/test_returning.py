"""Coming back into rooms without ratchet state: a profile that was copied back, an account restored on a new device."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.devices import sync_out
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.inbox_items import TicketRequest
from nullabona.client.core.restore import returning
from tests.rooms.copying import CarefulWorld, copied, look_at_own_card, put_back
from tests.rooms.devices import another_device, remember, remove_device, restored
from tests.rooms.faults import watched_ratchets
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
    """A thief with an old certificate, or a device that was revoked: the directory's card decides."""
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
        inbox_sending.post(step, mina.account, mina.me.handle, TicketRequest(room, 0, b""))
    world.settle(span=2 * 86_400_000)
    assert thief.phase(room) == "away"
    assert leaves(mina, room) == {mina.me.device, jun.me.device}


def test_a_device_that_is_let_in_nowhere_asks_members_itself() -> None:
    """Its first device told it of the room and was lost; where it is in by then, it does not ask."""
    world = World(9)
    mina, jun = world.person("mina"), world.person("jun")
    room, other = world.group(mina, jun), world.group(mina, jun, name="other")
    desk = restored(world, jun, "desk")
    with desk.engine.step(world.now) as step:
        returning.expect(step, room, mina.info(room), [Helper(mina.account, mina.me.handle)])
        returning.expect(step, other, mina.info(other), [Helper(mina.account, mina.me.handle)])
    remember(world, desk, other, mina.info(other), [mina])
    world.settle(span=3_600_000)
    assert ("none", "joined") == (desk.phase(room), desk.phase(other))
    world.settle(span=10 * 3_600_000, most=2_000)
    assert ("joined", "joined") == (desk.phase(room), desk.phase(other))
    with desk.engine.step(world.now) as step:
        assert [] == returning.expected(step)


def test_two_devices_share_a_room_again_after_the_first_lost_its_keys() -> None:
    """The one it had shared it with was removed, so that nobody could let it back in: linking makes another."""
    world = World(10)
    mina, jun = world.person("mina"), world.person("jun")
    world.group(mina, jun)
    desk = another_device(world, jun, "desk")
    world.settle()
    forsake(world, jun)
    desk.online = False
    remove_device(world, jun, desk)
    phone = another_device(world, jun, "phone")
    world.settle(span=6 * 3_600_000, most=2_000)
    assert shared_room(jun) == shared_room(phone)
    assert ("joined", "joined") == (jun.phase(shared_room(jun)), phone.phase(shared_room(jun)))


def test_a_copy_from_before_a_link_shares_a_room_with_the_linked_device() -> None:
    """It finds on the directory's card a device that it does not remember."""
    world = World(11)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    kept = copied(jun.store)
    desk = another_device(world, jun, "desk")
    desk.online = False
    world.settle()
    put_back(world, jun, kept, told=True)
    look_at_own_card(world, jun)
    desk.online = True
    world.settle(span=12 * 3_600_000, most=2_000)
    assert {"joined"} == {desk.phase(room), jun.phase(room)}
    assert shared_room(jun) == shared_room(desk) != b""


@pytest.mark.parametrize("lost", [False, True])
def test_a_copy_learns_of_it_from_the_box_alone(monkeypatch: pytest.MonkeyPatch, lost: bool) -> None:  # noqa: FBT001
    """If the relay lost that as well, nothing tells: what the copy says first is taken by nobody, the rest is heard."""
    with watched_ratchets(monkeypatch) as reused:
        world = CarefulWorld(13)
        mina, jun = world.person("mina"), world.person("jun")
        room = world.group(mina, jun)
        kept = copied(jun.store)
        jun.send(room, "before")
        world.settle()
        put_back(world, jun, kept, told=False)
        world.be_careful(jun)
        if lost:
            world.relay.wipe()
        for text in ("one", "two"):
            jun.send(room, text)
            world.settle(span=3_600_000)
        mina.send(room, "three")
        world.settle(span=3_600_000)
    heard = ["before", "two", "three"] if lost else ["before", "one", "two", "three"]
    assert (heard, int(lost)) == (mina.texts(room), len(reused))
    assert (mina.where(room), ["one", "two", "three"]) == (jun.where(room), jun.texts(room))


def test_whoever_was_told_nothing_puts_nobody_out() -> None:
    """A new device has to hear from the one that let it in; that one knows by itself."""
    world = World(12)
    mina, jun = world.person("mina"), world.person("jun")
    world.group(mina, jun)
    desk = another_device(world, jun, "desk")
    with desk.engine.step(world.now) as step:
        sync_out.name_device(step, desk.me.device, "what its person calls it")
        assert not sync_out.was_told(step)
    world.settle()
    for device in (jun, desk):
        with device.engine.step(world.now) as step:
            assert sync_out.was_told(step)


def shared_room(device: Person) -> bytes:
    """The room that the device shares with its account's others."""
    with device.store.transaction():
        return own_devices.room_id(device.store)
