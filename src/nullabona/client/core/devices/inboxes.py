"""The inbox is shared: nothing in it is erased before every device of the account has processed it."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.devices import own
from nullabona.client.core.devices.items import InboxItem
from nullabona.client.core.step import Step

_OTHERS: Final = "inbox-of-others"
_others = msgspec.msgpack.Decoder(dict[str, InboxItem])


def note_other(step: Step, device: bytes, item: InboxItem) -> None:
    """Another device has come so far."""
    known = _load(step)
    known[device.hex()] = item
    listed = {device.id.hex() for device in own.others(step)}
    step.others_inbox = True
    kept = {id: item for id, item in known.items() if id in listed}
    step.store.set_value(_OTHERS, msgspec.msgpack.encode(kept))


def erasable(step: Step, incarnation: bytes, position: int) -> int:
    """Up to where the inbox may be erased: what this device has processed and every other one too."""
    known = _load(step)
    found = [known.get(device.id.hex()) for device in own.others(step)]
    reached = [item.position if item is not None and item.incarnation == incarnation else 0 for item in found]
    return min([position, *reached])


def _load(step: Step) -> dict[str, InboxItem]:
    data = step.store.get_value(_OTHERS)
    return _others.decode(data) if data else {}
