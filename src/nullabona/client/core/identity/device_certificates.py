"""Whether the device that signed an inbox item still belongs to its account: its certificate alone does not prove it.

A revoked device keeps its certificate, and a thief may have a copy of its key. So we believe a device only if it is in
a room with us or if its account's newest card names it; we look that card up if needed (spec/devices.md §4).
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.step import Step
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate

FRESH_MS: Final = 3_600_000
"""How long a looked-up card counts as the newest, if it names the device."""


class Named(msgspec.Struct, array_like=True, frozen=True):
    """The device keys that an account's card names, and when it was looked up, in ms."""

    keys: tuple[bytes, ...]
    at: int


_named = msgspec.msgpack.Decoder(Named)


def note(step: Step, card: Card) -> None:
    """Record the device keys of a card that was looked up."""
    keys = tuple(device.certificate.device_key for device in card.devices)
    _keep(step, card.account_id, Named(keys, step.now))


def names(card: Card, sender: DeviceCertificate) -> bool:
    """Whether a card names the device with exactly this certificate."""
    return card.account_id == sender.account_id and any(device.certificate == sender for device in card.devices)


def in_room(step: Step, sender: DeviceCertificate, room: bytes) -> bool:
    """Whether the device, by its key, is in a room, and is none of our own that was revoked and has to go yet."""
    if _is_revoked(step, sender):
        return False
    place = step.store.device(room, sender.device_id)
    return place is not None and (place.account, place.signature_key) == (sender.account_id, sender.device_key)


def believed(step: Step, sender: DeviceCertificate, since: int, *rooms: bytes, known_as: str = "") -> bool | None:
    """Whether one of ``rooms`` or a card shows that ``sender`` is its account's device; None: its card is looked up.

    ``since``: when the signed item came, in ms. A card that was looked up later and does not name the device decides.
    We look it up by the handle by which we know the account, else by ``known_as``; without either we believe nobody.
    """
    if _is_revoked(step, sender):
        return False
    if any(room and in_room(step, sender, room) for room in rooms):
        return True
    if sender.account_id == step.local.account and is_ours(step, sender):
        return True
    known = _load(step, sender.account_id)
    if known is not None and sender.device_key in known.keys and step.now - known.at <= FRESH_MS:
        return True
    if known is not None and known.at >= since:
        return False
    handle = acquaintance.handle_of(step, sender.account_id) or known_as
    if not handle:
        return False
    if acquaintance.may_look_up(step, sender.account_id, sender.device_key):
        inbox_addresses.look_again(step, handle)
    return None


def is_ours(step: Step, sender: DeviceCertificate) -> bool:
    """Whether it is a device of our own account and not revoked."""
    return any(
        (each.id, each.signature_key) == (sender.device_id, sender.device_key)
        for each in own_devices.listed(step.store)
    )


def _is_revoked(step: Step, sender: DeviceCertificate) -> bool:
    """Whether it is a device of our own account that was revoked; it stays in each room until a commit removes it."""
    return sender.account_id == step.local.account and sender.device_id in own_devices.gone(step.store)


def _load(step: Step, account: bytes) -> Named | None:
    data = step.store.get_value(_key(account))
    return _named.decode(data) if data else None


def _keep(step: Step, account: bytes, named: Named) -> None:
    step.store.set_value(_key(account), msgspec.msgpack.encode(named))


def _key(account: bytes) -> str:
    return f"named:{account.hex()}"
