"""What the person calls their devices: known to these devices and nobody else."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.ports import Store
from nullabona.client.core.step import Step

_NAMES: Final = "device-names"
_names = msgspec.msgpack.Decoder(dict[str, str])


def all_names(store: Store) -> dict[bytes, str]:
    """By device id; a device without a name is not in it."""
    data = store.get_value(_NAMES)
    return {bytes.fromhex(id): name for id, name in _names.decode(data).items()} if data else {}


def keep(step: Step, device: bytes, name: str) -> None:
    """Call it so from now on."""
    known = {id.hex(): called for id, called in all_names(step.store).items()} | {device.hex(): name}
    step.store.set_value(_NAMES, msgspec.msgpack.encode(known))
    step.event("devices")
