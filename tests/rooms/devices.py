"""Devices of one account in a world: let in, lost, restored, removed, without the screens between."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.archive.merging import Merger
from nullabona.client.archive.reading import read_records
from nullabona.client.archive.records import VERSION, Begin, Record
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, membership, sync_out
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.restore import returning
from nullabona.client.core.step import LocalDevice
from nullabona.client.mls import Mls
from nullabona.client.store import SqliteStore
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.handle import parse_handle
from tests.rooms.world import RELAY, Person, World


def another_device(world: World, first: Person, name: str) -> Person:
    """A new device of an account, let in by ``first``; it comes into the rooms by itself."""
    with first.store.transaction():
        known = own_devices.card(first.store)
    assert known is not None
    person = _device_of(world, first, name, lambda device: (*known.devices, device))
    with first.engine.step(world.now) as step:
        membership.changed_here(step, person.card)
        sync_out.owe_everything(step, person.me.device)
        sync_out.name_device(step, person.me.device, name)
    return person


def _device_of(world: World, first: Person, name: str, on: Callable[[CardDevice], tuple[CardDevice, ...]]) -> Person:
    seed, device_id = world.dice.bytes(32), world.dice.bytes(16)
    device_key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    handle, day = parse_handle(first.me.handle), world.now // 86_400_000
    certificate = issue_certificate(
        first.identity, handle=handle, device_id=device_id, device_key=device_key, issued_day=day
    )
    store = SqliteStore.testing_in_memory()
    mls = Mls(store, seed, certificate.encode(), suite=world.suite)
    with first.store.transaction():
        state = first.store.get_value("inbox")
    assert state is not None
    old = msgspec.msgpack.decode(state, type=inbox_state.InboxState)
    with store.transaction():
        package = mls.key_package()
        fresh = inbox_state.InboxState(old.read_secret, old.write_secret, old.seed, old.relay)
        store.set_value("inbox", msgspec.msgpack.encode(fresh))
    card = new_card(world, first, on(CardDevice(certificate, package)))
    with store.transaction():
        own_devices.note_card(store, card.encoded)
    me = LocalDevice(first.account, device_id, first.me.handle, device_key, RELAY)
    person = Person(name, world, first.identity, seed, store, me, certificate.encode(), card)
    person.boot()
    world.people.append(person)
    return person


def restored(world: World, lost: Person, name: str) -> Person:
    """The account on a new device that replaces every other on the card; it remembers nothing of rooms.

    As `restore_account` leaves it.
    """
    with lost.store.transaction():
        known = own_devices.card(lost.store)
    assert known is not None
    lost.online = False
    fresh = _device_of(world, lost, name, lambda device: (device,))
    with fresh.store.transaction():
        returning.note_restored(fresh.store)
        own_devices.note_gone(fresh.store, [d.certificate.device_id for d in known.devices])
    return fresh


def remember(world: World, person: Person, room: bytes, info: RoomInfo, members: list[Person]) -> None:
    """As a backup brings it."""
    with person.engine.step(world.now) as step:
        returning.begin(step, room, info, [Helper(member.account, member.me.handle) for member in members])


def remove_device(world: World, by: Person, lost: Person) -> None:
    """One device of an account removes another."""
    with by.store.transaction():
        known = own_devices.card(by.store)
    assert known is not None
    staying = tuple(d for d in known.devices if d.certificate.device_id != lost.me.device)
    card = new_card(world, by, staying)
    with by.engine.step(world.now) as step:
        membership.changed_here(step, card)


def new_card(world: World, person: Person, devices: tuple[CardDevice, ...]) -> Card:
    """The account's next card, published."""
    with person.store.transaction():
        known = own_devices.card(person.store)
    assert known is not None
    day = world.now // 86_400_000
    encoded = sign_card(
        person.identity,
        handle=known.handle,
        issued_day=max(day, known.issued_day),
        devices=devices,
        inbox=known.inbox,
        previous=known,
    )
    card = verify_card(encoded, today=day, previous=known)
    world.cards[str(known.handle)] = card
    return card


def backup_of(world: World, person: Person) -> list[Record]:
    """What a backup has that is made now."""
    return list(read_records(person.store, begin_of_backup(world, person)))


def begin_of_backup(world: World, person: Person) -> Begin:
    """Its first record."""
    return Begin(VERSION, person.account, person.me.handle, world.now)


def restored_from(world: World, lost: Person, backup: list[Record], name: str) -> Person:
    """The account on a new device that replaces every other on the card and knows what a backup tells."""
    fresh = restored(world, lost, name)
    Merger(fresh.store, today=world.now // 86_400_000, replace=True).take(backup)
    fresh.boot()
    return fresh
