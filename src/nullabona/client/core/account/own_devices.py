"""Which devices the account has: what the newest card says that one of them made (spec/devices.md §2).

A device that an older card named and a newer one does not is gone for good: its id is remembered, so that a device
which still follows an old card removes nobody from a room who was just let in.
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
_ROOM: Final = "device-room"
_RELAY: Final = "chosen-relay"
_OUT: Final = "signed-out"
_gone = msgspec.msgpack.Decoder(list[bytes])


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device of the account as its card names it."""

    id: bytes
    signature_key: bytes
    key_package: bytes = field(repr=False)
    since_day: int


def card(store: Store) -> Card | None:
    """The account's newest card that is known here. It was verified when it was noted."""
    data = store.get_value(_CARD)
    return None if data is None else verify_card(data, today=decode_card(data).body.issued_day)


def note_card(store: Store, data: bytes) -> bool:
    """A card that the account made, already verified to be its own. True if it is newer than what was known."""
    new = verify_card(data, today=decode_card(data).body.issued_day)
    known = card(store)
    if known is not None and (new.sequence <= known.sequence or new.identity_key != known.identity_key):
        return False
    if known is not None:
        staying = {device.certificate.device_id for device in new.devices}
        left = [d.certificate.device_id for d in known.devices if d.certificate.device_id not in staying]
        note_gone(store, left)
    store.set_value(_CARD, data)
    return True


def own_card_of(step: Step, data: bytes) -> Card | None:
    """The card, if it verifies and the account's identity key signed it."""
    try:
        found = verify_card(data, today=step.day)
    except PeerError:
        return None
    return found if found.identity_key == step.me.account and str(found.handle) == step.me.handle else None


def gone(store: Store) -> list[bytes]:
    """Ids of devices that were removed, oldest first."""
    data = store.get_value(_GONE)
    return [] if data is None else _gone.decode(data)


def note_gone(store: Store, devices: list[bytes]) -> bool:
    """These devices were removed. True if that was not known of all of them."""
    known = gone(store)
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
    """The account's devices but this one."""
    return [device for device in listed(step.store) if device.id != step.me.device]


def leads(step: Step) -> bool:
    """Whether this device does what one device of the account should do by itself: the first on the card."""
    found = listed(step.store)
    return not found or found[0].id == step.me.device


def room_id(store: Store) -> bytes:
    """The room that the account's devices share; empty: there is none yet."""
    return store.get_value(_ROOM) or b""


def shared(step: Step) -> RoomState | None:
    """The room that the account's devices share, if this one is in it: who waits for a way back may wait for ever."""
    id = room_id(step.store)
    room = step.find_room(id) if id else None
    return room if room is not None and room.phase == JOINED else None


def set_room(store: Store, room: bytes) -> None:
    """This is the room that the devices share."""
    store.set_value(_ROOM, room)


def settle_room(step: Step, room: bytes) -> None:
    """This device is in such a room. Where two were made at the same time, all of them settle on the lower id.

    One that this device only waits to come back into does not count: nobody may be left to let it in.
    """
    known = shared(step)
    set_room(step.store, room if known is None else min(known.id, room))


def forget_room(store: Store, room: bytes) -> None:
    """This device is not in it any more."""
    if room_id(store) == room:
        store.delete_value(_ROOM)


def chosen_relay(store: Store) -> str:
    """The relay that was chosen on this device and that no published card names yet; empty: there is none."""
    return (store.get_value(_RELAY) or b"").decode()


def choose_relay(store: Store, relay: str) -> None:
    """The person has chosen a relay here; empty: what was chosen is published."""
    store.set_value(_RELAY, relay.encode())


def is_signed_out(store: Store) -> bool:
    """Whether this device was revoked, or its account deleted: it does nothing for the account any more."""
    return store.get_value(_OUT) is not None


def note_signed_out(store: Store) -> None:
    """It is from now on, and for good."""
    store.set_value(_OUT, b"1")
