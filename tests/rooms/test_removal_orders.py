"""Which keys an order to remove an account names (spec/room.md §3)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.group import removal_orders
from nullabona.client.core.model.proofs import MOST_LEAVES, CommitNote, encode_note, make_order
from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, forge, mole, only, people, update_keys
from tests.rooms.test_devices import pair_of_devices
from tests.rooms.world import Person, World

MINUTE = 60_000
DAY = 86_400_000


def key_of(person: Person, room: bytes) -> bytes:
    """The hash of the person's present leaf key."""
    with person.engine.step(person.world.now, room) as step:
        device = step.store.device(room, person.me.device)
    assert device is not None
    return sha256(device.encryption_key).digest()


def named(giver: Person, room: bytes, target: Person) -> set[bytes]:
    """What an order names that a person's device gives now for another account, or its own."""
    with giver.engine.step(giver.world.now, room) as step:
        state = step.room(room)
        targets = [device for device in step.roster(room).values() if device.account == target.account]
        return set(removal_orders.make(step, state, targets).leaves)


def renewed(world: World, room: bytes, person: Person, times: int) -> list[bytes]:
    """The hashes of a person's keys, from the present one on, who renews them a number of times."""
    keys = [key_of(person, room)]
    for _ in range(times):
        update_keys(person, room)
        world.settle(span=MINUTE)
        keys.append(key_of(person, room))
    return keys


def test_an_order_names_earlier_keys_as_long_as_somebody_may_be_where_they_count() -> None:
    """One member is away, so that the boxes of the epochs in between are followed; then everybody has read them."""
    world = World(31)
    admin, jun, away = people(world, 3)
    room = world.group(admin, jun, away)
    only(world, admin, jun)
    keys = renewed(world, room, jun, 3)
    assert 4 == len(set(keys))
    assert [set(keys), set(keys)] == [named(admin, room, jun), named(jun, room, jun)]
    only(world, admin, jun, away)
    world.settle(span=DAY, most=4_000)
    assert [{keys[-1]}, {keys[-1]}] == [named(admin, room, jun), named(jun, room, jun)]


def test_an_order_to_leave_names_earlier_keys_of_the_accounts_other_device_too() -> None:
    world, laptop, desk, jun, room = pair_of_devices()
    jun.online = False
    keys = renewed(world, room, desk, 2)
    assert {key_of(laptop, room), *keys} == named(laptop, room, laptop) == named(desk, room, desk)


def test_a_member_who_renews_keys_without_end_is_remembered_with_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal_orders, "OTHERS_MOST", 4)
    monkeypatch.setattr(removal_orders, "OWN_MOST", 3)
    world = World(32)
    admin, jun, sora, away = people(world, 4)
    room = world.group(admin, jun, sora, away)
    only(world, admin, jun, sora)
    first = renewed(world, room, sora, 1)
    keys = renewed(world, room, jun, 6)
    assert [set(keys[-5:]), set(keys[-3:])] == [named(admin, room, jun), named(jun, room, jun)]
    assert [{first[1]}, set(first)] == [named(admin, room, sora), named(sora, room, sora)]


def test_of_too_many_keys_the_present_ones_and_the_newest_others_are_named() -> None:
    world = World(33)
    (admin,) = people(world, 1)
    present = [bytes([each]) for each in range(60)]
    former = [sha256(b"former %d" % each).digest() for each in range(10)]
    now = {sha256(key).digest() for key in present}
    with admin.engine.step(world.now) as step:
        order = make_order(step.mls, admin.me.signature_key, bytes(32), admin.account, present, 0, former)
    order.verify()
    assert now | set(former[-(MOST_LEAVES - 60) :]) == set(order.leaves)


def test_a_key_of_another_account_in_an_order_to_leave_removes_nobody() -> None:
    """A member names somebody else's key as a former one of their own, and commits that removal."""
    world = World(34)
    admin, jun, sora = crowd = people(world, 3)
    room = world.group(*crowd)
    others = key_of(sora, room)
    with jun.engine.step(world.now, room) as step:
        keys = [device.encryption_key for device in step.roster(room).values() if device.account == jun.account]
        order = make_order(step.mls, jun.me.signature_key, room, jun.account, keys, 0, [others])
    assert others in order.leaves
    leaf = next(m.leaf for m in mole(jun, room).members() if m.signature_key == sora.me.signature_key)
    bundle = mole(jun, room).commit(jun.mls.signer, remove=[leaf], aad=encode_note(CommitNote((order,))))
    forge(jun, room, Kind.COMMIT, bundle.commit)
    all_well(world, room, admin, sora)
    assert {person.account for person in crowd} == admin.members(room) == sora.members(room)
