"""Which devices the account has, by the newest card that one of them made (spec/devices.md §2).

A device that an older card named and a newer one does not is gone for good. We remember its id, so that a device with
an old card does not remove one from a room that was just added. What only another device says is remembered apart: it
ends when a newer card names the device, with a certificate from after that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.model.sync_items import MOST_GONE
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, decode_card, verify_card

_CARD: Final = "account-card"
_GONE: Final = "devices-gone"
_TOLD: Final = "devices-told-gone"
_ROOM: Final = "device-room"
_RELAY: Final = "chosen-relay"
_OUT: Final = "signed-out"
_gone = msgspec.msgpack.Decoder(list[bytes])
_told = msgspec.msgpack.Decoder(dict[bytes, int])


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device of the account as its card names it."""

    id: bytes
    signature_key: bytes
    key_package: bytes = field(repr=False)
    since_day: int


def card(store: Store) -> Card | None:
    """The account's newest card known here. It was verified when it was noted."""
    data = store.get_value(_CARD)
    return None if data is None else verify_card(data, today=decode_card(data).body.issued_day)


def note_card(store: Store, data: bytes) -> bool:
    """Note a verified card of our own account. True if it is newer than the known one."""
    new = verify_card(data, today=decode_card(data).body.issued_day)
    known = card(store)
    if known is not None and (new.sequence <= known.sequence or new.identity_key != known.identity_key):
        return False
    if known is not None:
        staying = {device.certificate.device_id for device in new.devices}
        left = [d.certificate.device_id for d in known.devices if d.certificate.device_id not in staying]
        note_gone(store, left)
    note_named(store, new)
    store.set_value(_CARD, data)
    return True


def forget_card(store: Store) -> None:
    """The profile is to have another account: its first card is newer than that of the old one, whatever its number."""
    store.delete_value(_CARD)


def own_card_of(step: Step, data: bytes) -> Card | None:
    """The card, if it verifies and the account's identity key signed it."""
    try:
        found = verify_card(data, today=step.day)
    except PeerError:
        return None
    return found if found.identity_key == step.local.account and str(found.handle) == step.local.handle else None


def gone(store: Store) -> list[bytes]:
    """Ids of devices that were removed, oldest first; behind them those of which only another device says so."""
    known = _known_gone(store)
    return [*known, *(device for device in _told_gone(store) if device not in known)]


def _known_gone(store: Store) -> list[bytes]:
    data = store.get_value(_GONE)
    return [] if data is None else _gone.decode(data)


def _told_gone(store: Store) -> dict[bytes, int]:
    """Ids, and the day of the card that was known here when another device said so; 0: none was."""
    data = store.get_value(_TOLD)
    return {} if data is None else _told.decode(data)


def note_told_gone(store: Store, devices: list[bytes]) -> bool:
    """Another device says that these were removed. True if at least one of them is new to us."""
    known, now = gone(store), card(store)
    new = {device: 0 if now is None else now.issued_day for device in devices if device not in known}
    if new:
        kept = [*_told_gone(store).items(), *new.items()][-MOST_GONE:]
        store.set_value(_TOLD, msgspec.msgpack.encode(dict(kept)))
    return bool(new)


def note_named(store: Store, by: Card) -> None:
    """A card of the account names these devices: who was linked since is not gone by another device's word.

    An older certificate proves nothing: a device with an old folder may have named a revoked one again.
    """
    told, since = _told_gone(store), {d.certificate.device_id: d.certificate.issued_day for d in by.devices}
    kept = {device: day for device, day in told.items() if since.get(device, -1) < day}
    if kept != told:
        store.set_value(_TOLD, msgspec.msgpack.encode(kept))


def note_gone(store: Store, devices: list[bytes]) -> bool:
    """Note devices that a card or this device's own judgement shows to be removed. True if any of them is new to us."""
    known = _known_gone(store)
    new = [device for device in devices if device not in known]
    if new:
        store.set_value(_GONE, msgspec.msgpack.encode([*known, *new][-MOST_GONE:]))
    return bool(new)


def listed(store: Store) -> list[OwnDevice]:
    """Every device of the account, in the order of the card; empty before there is a card."""
    known = card(store)
    if known is None:
        return []
    lost = set(gone(store))
    return [
        OwnDevice(d.certificate.device_id, d.certificate.device_key, d.key_package, d.certificate.issued_day)
        for d in known.devices
        if d.certificate.device_id not in lost
    ]


def others(step: Step) -> list[OwnDevice]:
    """The account's devices except this one."""
    return [device for device in listed(step.store) if device.id != step.local.device]


def leads(step: Step) -> bool:
    """Whether this device does the tasks for which one device of the account is enough: it is the first on the card."""
    found = listed(step.store)
    return not found or found[0].id == step.local.device


def room_id(store: Store) -> bytes:
    """The room that the account's devices share; empty: there is none yet."""
    return store.get_value(_ROOM) or b""


def shared(step: Step) -> RoomState | None:
    """The room that the account's devices share, if this one is in it; waiting for a way back, which may take forever,
    does not count.
    """
    id = room_id(step.store)
    room = step.find_room(id) if id else None
    return room if room is not None and room.phase == JOINED else None


def set_room(store: Store, room: bytes) -> None:
    """Set the room that the devices share."""
    store.set_value(_ROOM, room)


def settle_room(step: Step, room: bytes) -> None:
    """This device is in a room for the account's devices. If there are two, all devices settle on the lower id.

    A room that this device only waits to re-enter does not count: there may be nobody left to let it in.
    """
    known = shared(step)
    set_room(step.store, room if known is None else min(known.id, room))


def forget_room(store: Store, room: bytes) -> None:
    """This device is no longer in the shared room."""
    if room_id(store) == room:
        store.delete_value(_ROOM)


def chosen_relay(store: Store) -> str:
    """The relay chosen on this device that no published card names yet; empty if there is none."""
    return (store.get_value(_RELAY) or b"").decode()


def choose_relay(store: Store, relay: str) -> None:
    """Note the relay that the person chose here; empty: the choice is published."""
    store.set_value(_RELAY, relay.encode())


def is_signed_out(store: Store) -> bool:
    """Whether this device was revoked, or its account deleted: it does nothing for the account any more."""
    return store.get_value(_OUT) is not None


def note_signed_out(store: Store) -> None:
    """Sign this device out for good."""
    store.set_value(_OUT, b"1")
