"""A new room, with this device as its only member."""

from __future__ import annotations

from nullabona.client.core.delivery.box_log import open_box
from nullabona.client.core.group import members
from nullabona.client.core.model.content import NoticeKind
from nullabona.client.core.model.facts.rooms import Joined
from nullabona.client.core.model.room_info import DEVICES, DIRECT, RoomInfo, encode_info
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import notices


def create_room(step: Step, info: RoomInfo) -> RoomState:
    """Create a room with only this device; the account's other devices are added at once."""
    room_id = step.rng.bytes(32)
    group = step.mls.create(room_id, encode_info(info))
    room = RoomState(room_id, info, JOINED, [])
    room.update_at = step.now + step.timing.update
    room.tend_at = step.now
    step.add_room(room)
    open_box(room, group)
    members.sync(step, room)
    notices.entered(step, room, step.local.account, NoticeKind.CREATED)
    if info.kind != DEVICES:
        step.tell(Joined(room_id, info.name, direct=info.kind == DIRECT, handle=step.local.handle))
    return room
