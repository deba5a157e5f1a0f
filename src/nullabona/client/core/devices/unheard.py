"""Devices of the account that are in a room but have never shown up there: perhaps nobody has their Welcome any more.

A device that let another one in may lose the Welcome, because its folder was copied back. Then everybody takes the
other one for a member, and nobody invites it. After a day its account's devices help it, once (spec/devices.md §4):
in the room that they share by removing and adding it again, in any other room by telling it whom to ask for a way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import sync_out
from nullabona.client.core.group import intents, welcomes
from nullabona.client.core.model.intents import RemoveDevice
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import RoomState, Unheard
from nullabona.client.core.step import DAY_MS, Step

TURN_MS: Final = 3_600_000
"""The account's devices take turns, so that the first one has helped before the second one is due."""


def note(step: Step, room: RoomState, present: Mapping[bytes, Device]) -> None:
    """These devices of the account are in the room: remember since when we have not heard from which."""
    others = [device for device in present.values() if device.device != step.local.device]
    if not others and not room.unheard:
        return
    gone = {device.hex() for device in own_devices.gone(step.store)}
    room.unheard = {device: known for device, known in room.unheard.items() if device not in gone}
    due = step.now + DAY_MS + sum(other < step.local.device for other in present) * TURN_MS
    for device in others:
        id = device.device.hex()
        known = room.unheard.get(id)
        if id in gone or (known is not None and known.since == device.since):
            continue
        if known is not None and room.info.kind == DEVICES:  # it was let in again: that is tried once
            room.unheard[id] = Unheard(device.since, 0)
        elif not _heard(step, room, device):
            room.unheard[id] = Unheard(device.since, due)
    _schedule(step, room)


def look_after(step: Step, room: RoomState) -> None:
    """Help the devices from which we have not heard for long enough."""
    if not step.due(room.unheard_at):
        return
    for device, due in list(_waited_for(step, room)):
        if due <= step.now:
            _help(step, room, device)
    _schedule(step, room)


def _schedule(step: Step, room: RoomState) -> None:
    room.unheard_at = min((due for _, due in _waited_for(step, room)), default=None)


def _waited_for(step: Step, room: RoomState) -> Iterator[tuple[Device, int]]:
    """The silent devices, and when we help each. Not those that are out, or in by another leaf (`note`)."""
    for id, known in room.unheard.items():
        device = step.store.device(room.id, bytes.fromhex(id))
        if known.due and device is not None and device.since == known.since:
            yield device, known.due


def _help(step: Step, room: RoomState, device: Device) -> None:
    id, shared = device.device.hex(), own_devices.shared(step)
    ours = room.info.kind == DEVICES
    if _heard(step, room, device) or (ours and (shared is None or shared.id != room.id)):
        del room.unheard[id]
    elif welcomes.invites(step, room, device.device) if ours else not _reached(step, shared, device.device):
        room.unheard[id] = Unheard(device.since, step.now + DAY_MS)
    else:
        room.unheard[id] = Unheard(device.since, 0)
        if not ours:
            sync_out.remember_room(step, room.id)
        elif _never_came(step, room, device):
            intents.want(room, RemoveDevice(device.device))  # `membership` adds it again
            # The device that let it in would have told it everything, and does not know that any more.
            sync_out.owe_everything(step, device.device)


def _heard(step: Step, room: RoomState, device: Device) -> bool:
    return welcomes.has_come(step, room, device.device, device.since)


def _reached(step: Step, shared: RoomState | None, id: bytes) -> bool:
    """Whether the device has shown up in the room that the devices share: it reads there what we tell it."""
    device = step.store.device(shared.id, id) if shared is not None else None
    return shared is not None and device is not None and _heard(step, shared, device)


def _never_came(step: Step, room: RoomState, device: Device) -> bool:
    """Whether it has certainly not shown up: we were in before it, and still have every box since it was added.

    Otherwise it may be a device that is switched off, and would be removed for nothing.
    """
    own, kept = step.store.device(room.id, step.local.device), {track.epoch for track in room.boxes}
    listed = {other.id for other in own_devices.others(step)}
    return (
        own is not None
        and own.since < device.since
        and device.device in listed
        and kept.issuperset(range(device.since, room.epoch))
    )
