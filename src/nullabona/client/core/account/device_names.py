"""The person's names for their devices: known only to these devices."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.facts.account import DevicesChanged
from nullabona.client.core.model.ports import Store
from nullabona.client.core.step import Step

_NAMES: Final = "device-names"
_names = msgspec.msgpack.Decoder(dict[str, str])


def all_names(store: Store) -> dict[bytes, str]:
    """Names by device id, without unnamed devices."""
    data = store.get_value(_NAMES)
    return {bytes.fromhex(id): name for id, name in _names.decode(data).items()} if data else {}


def keep(step: Step, device: bytes, name: str) -> None:
    """Set a device's name."""
    known = {id.hex(): called for id, called in all_names(step.store).items()} | {device.hex(): name}
    step.store.set_value(_NAMES, msgspec.msgpack.encode(known))
    step.tell(DevicesChanged())
