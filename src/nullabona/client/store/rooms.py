"""Rooms, and the devices in them."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.core.model.records import Device
from nullabona.client.store.frames import FrameRows
from nullabona.client.store.statements import STATEMENTS

_ROOMS = STATEMENTS["rooms"]
_LOAD = STATEMENTS["room_load"]
_SAVE = STATEMENTS["room_save"]
_DELETE = STATEMENTS["room_delete"]
_DELETE_DEVICES = STATEMENTS["room_delete_devices"]
_DELETE_OUTBOX = STATEMENTS["room_delete_outbox"]
_BOXES = STATEMENTS["room_boxes"]
_DEVICES = STATEMENTS["devices"]
_DEVICE = STATEMENTS["device"]
_MEMBERS = STATEMENTS["member_count"]
_DEVICE_PUT = STATEMENTS["device_put"]
_DEVICE_DROP = STATEMENTS["device_drop"]


class RoomRows(FrameRows):
    """Rooms and their devices."""

    __slots__ = ()

    def rooms(self) -> list[bytes]:
        """Every room with a state, in the order in which they were first saved."""
        return [room for (room,) in self._all(_ROOMS)]

    def load_room(self, room: bytes) -> bytes | None:
        """The encoded room state, or None."""
        row = self._one(_LOAD, (room,))
        return None if row is None else row[0]

    def save_room(self, room: bytes, state: bytes) -> None:
        """Set or replace a room's state."""
        self._write(_SAVE, (room, state))

    def delete_room(self, room: bytes) -> None:
        """Forget a room's state, devices, frames, views and outbox; its messages stay.

        A frame does not name its room: forgotten are the boxes that a message or an outgoing frame of the room names.
        The caller drops with `drop_box` any other box it knows of.
        """
        for (box,) in self._all(_BOXES, (room,)):
            self.drop_box(box)
        for statement in (_DELETE, _DELETE_DEVICES, _DELETE_OUTBOX):
            self._write(statement, (room,))

    def devices(self, room: bytes) -> list[Device]:
        """The devices of a room by leaf."""
        return [Device(*row) for row in self._all(_DEVICES, (room,))]

    def device(self, room: bytes, device: bytes) -> Device | None:
        """A device of a room, or None."""
        row = self._one(_DEVICE, (room, device))
        return None if row is None else Device(*row)

    def member_count(self, room: bytes) -> int:
        """How many accounts have devices in a room."""
        row = self._one(_MEMBERS, (room,))
        return 0 if row is None else row[0]

    def put_devices(self, devices: Iterable[Device]) -> None:
        """Insert or replace devices by (room, device)."""
        self._write_many(
            _DEVICE_PUT,
            [
                (d.room, d.device, d.account, d.handle, d.leaf, d.signature_key, d.encryption_key, d.since)
                for d in devices
            ],
        )

    def drop_devices(self, room: bytes, devices: Iterable[bytes]) -> None:
        """Forget devices of a room; harmless for those it does not have."""
        self._write_many(_DEVICE_DROP, [(room, device) for device in devices])
