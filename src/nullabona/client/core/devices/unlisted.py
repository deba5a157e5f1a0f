"""Devices of the account that are in a room, but neither on the newest card known here nor on the list of gone devices.

Such a device was just added, or was revoked by a device that no longer knows because its folder was copied back. Then
perhaps no other device knows. After a day the directory shows which of the two it was (spec/devices.md §4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.step import DAY_MS, Step

_SINCE: Final = "devices-unlisted"
_since = msgspec.msgpack.Decoder(dict[bytes, int])


def note(step: Step, present: Iterable[bytes]) -> None:
    """These devices of the account are in a room: remember since when no known card names them."""
    known = _load(step)
    named = {*_named(step), *own_devices.gone(step.store), *known}
    new = {device: step.now for device in present if device not in named}
    if new:
        _save(step, known | new)


def judge(step: Step) -> bool:
    """The directory shows the card known here: devices that it did not name for a day are gone. True if any are."""
    known, named = _load(step), _named(step)
    late = [device for device, since in known.items() if device not in named and since <= step.now - DAY_MS]
    kept = {device: since for device, since in known.items() if device not in named and device not in late}
    if kept != known:
        _save(step, kept)
    return own_devices.note_gone(step.store, late)


def _named(step: Step) -> set[bytes]:
    return {step.local.device, *(device.id for device in own_devices.listed(step.store))}


def _load(step: Step) -> dict[bytes, int]:
    data = step.store.get_value(_SINCE)
    return _since.decode(data) if data else {}


def _save(step: Step, since: dict[bytes, int]) -> None:
    if since:
        step.store.set_value(_SINCE, msgspec.msgpack.encode(since))
    else:
        step.store.delete_value(_SINCE)
