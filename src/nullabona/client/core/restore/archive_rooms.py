"""Rooms from an archive: readable history, and everything needed to ask members for a way back.

The room is `REJOINING`, without keys; `returning.look_after` asks. The store has its devices with accounts and handles.
"""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.client.core.model.branches import RETURNING, Rejoin, helpers_of
from nullabona.client.core.model.gaps import Gap
from nullabona.client.core.model.imports import IMPORTED
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import LEFT, REJOINING, REMOVED, RoomState, encode_state


def remember(
    store: Store,
    me: bytes,
    room: bytes,
    info: RoomInfo,
    phase: str,
    devices: Sequence[Device],
    read_upto: bytes = b"",
    *,
    made_at: int | None = None,
) -> bool:
    """Add a room that this device is not in; False if it knows the room already, or must not add it.

    ``me`` is our own account, which is not asked; ``made_at``: when the archive was made. In the caller's transaction.
    """
    if info.kind == DEVICES or store.load_room(room) is not None:
        return False
    state = RoomState(room, info, phase if phase in {LEFT, REMOVED, IMPORTED} else REJOINING, [], read_upto=read_upto)
    if state.phase == REJOINING:
        members = helpers_of([device for device in devices if device.account != me])
        state.gap = Gap(made_at)
        state.rejoin = Rejoin(RETURNING, 0, b"", [], members, 0)
    store.save_room(room, encode_state(state))
    store.put_devices(devices)
    return True
