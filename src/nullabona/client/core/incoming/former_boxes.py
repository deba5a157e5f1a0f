"""Boxes of branches that this device left: it only answers there who asks where the others are (spec/room.md §7.1).

Who stays on such a branch reads there that we moved, and asks there. We follow no other box that they surely read.
"""

from __future__ import annotations

from nullabona.client.core.delivery import box_log
from nullabona.client.core.incoming import room_items
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames


def take_frames(step: Step, room: RoomState, track: BoxTrack, after: int, answer: Frames) -> None:
    """Look for questions in the answer to a read of the box; nothing else that is said there counts any more."""
    if answer.incarnation != track.incarnation or answer.head < after:
        track.incarnation, track.position = answer.incarnation, 0
        return
    if after != track.position:
        return
    for seq, data in answer.frames:
        if seq <= track.position:
            continue
        track.position = seq
        opened = box_log.open_quietly(track, data)
        if opened is not None and opened.kind is Kind.ITEM:
            room_items.came(step, room, track, opened)
    if not answer.frames:
        track.position = max(track.position, answer.head)  # the rest was trimmed by those who stayed
