"""If an account's devices have two shared rooms, all settle on one; devices that are only in the other are told.

A device in both settles by itself (`own_devices.settle_room`). A device whose folder was copied back may know only the
other room. Its old leaf is still in this one, so nobody adds it: we tell it, and it asks (spec/devices.md §3).
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.room_info import DEVICES, encode_info
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.model.sync_items import RoomItem
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending

_TOLD: Final = "devices-told-of-room"
_told = msgspec.msgpack.Decoder(dict[bytes, list[bytes]])


def look_after(step: Step, room: RoomState) -> None:
    """In a devices' room that is not the one we settled on: tell devices that came in since which one that is."""
    shared = own_devices.shared(step)
    if shared is None:
        return
    others = step.others(room, room.epoch)
    here = [shared.id, *sorted(device.device + device.since.to_bytes(8) for device in others)]
    told = _load(step)
    before = told.get(room.id, [])
    if here == before:
        return
    step.store.set_value(_TOLD, msgspec.msgpack.encode(told | {room.id: here}))
    if set(here) - set(before if before[:1] == here[:1] else here[:1]):
        item = RoomItem(shared.id, encode_info(shared.info), ((step.local.account, step.local.handle),), joined=True)
        sending.send_note(step, room, Sync((item,)))


def heard(step: Step, id: bytes) -> None:
    """Another device has settled on a room: if it is a devices' room and we are in it, settle on it too."""
    room = step.find_room(id)
    if room is not None and room.info.kind == DEVICES and room.phase == JOINED:
        own_devices.settle_room(step, id)


def _load(step: Step) -> dict[bytes, list[bytes]]:
    data = step.store.get_value(_TOLD)
    return _told.decode(data) if data else {}
