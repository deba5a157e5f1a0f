"""An answer to a read of a box of a room: who takes it depends on what the box, and the room, still are to us."""

from __future__ import annotations

from nullabona.client.core.incoming import former_boxes, room_frames
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import removal_watch
from nullabona.wire.address import Address
from nullabona.wire.messages import Frames


def take_frames(step: Step, room: RoomState, address: Address, after: int, answer: Frames, relay: str) -> None:
    """Process ``answer`` of the ``relay`` that we asked (empty: the one that keeps the box). Others' are ignored."""
    track, former = room.track_at(address), room.former_at(address)
    if track is not None and relay in {"", track.relay}:
        take = room_frames.take_frames if room.phase == JOINED else removal_watch.take_frames
        take(step, room, track, after, answer)
    elif former is not None and relay in {"", former.relay}:
        former_boxes.take_frames(step, room, former, after, answer)
