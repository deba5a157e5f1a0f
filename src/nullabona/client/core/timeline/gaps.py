"""Keeps the line in a room that tells the person which messages may be missing (spec/devices.md §9.1).

The line is written as soon as the device knows of a gap. It moves to the place at which the device came back, and is
removed once nothing is missing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.facts.messages import MessageChanged, MessageGone
from nullabona.client.core.model.gaps import Back, Gap, tell_gap
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import UNPLACED, Message
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds, notices

MOST_NAMED: Final = 8
"""The line names at most this many accounts."""


def forsaken(step: Step, room: RoomState) -> Gap | None:
    """The gap of a room whose keys this device gives up now: the one that is still open, or a new one.

    None for the devices' room, which has no gap.
    """
    if room.info.kind == DEVICES:
        return None
    if room.gap is not None:
        return Gap(room.gap.since, start=room.gap.start, notice=room.gap.notice)
    return Gap(_last_said(step.store, room.id), start=step.store.top_placed(room.id))


def begin(step: Step, room: RoomState) -> None:
    """Write the line: messages since the last one here, or since the backup, may be missing."""
    gap = room.gap
    if gap is None or gap.notice is not None:
        tell(step, room)
        return
    gap.start = step.store.top_placed(room.id)
    gap.since = max(gap.since or 0, _last_said(step.store, room.id) or 0) or None
    gap.notice = step.rng.bytes(16)
    notices.add(step, room.id, _notice(gap), id=gap.notice)


def returned(step: Step, room: RoomState, gap: Gap | None) -> None:
    """Note that this device is back in the room and reads everything from the current epoch on."""
    if gap is None or room.info.kind == DEVICES:
        return
    room.gap = gap
    begin(step, room)
    gap.back = Back(step.now, box_log.epoch_start(room.epoch, 0) - 1)
    tell(step, room)


def tell(step: Step, room: RoomState) -> None:
    """Update the line to what holds now. A line that the person removed is not written again."""
    gap = room.gap
    row = _line(step, room, gap)
    if gap is None or row is None or row.kind != kinds.NOTICE:
        return
    said = kinds.filled(
        step, replace(row, position=gap.back.position if gap.back is not None else row.position), _notice(gap)
    )
    if said != row:
        step.store.put_message(said)
        step.tell(MessageChanged(room.id, row.id))


def close(step: Step, room: RoomState) -> None:
    """Remove the gap and its line, because nothing is missing any more."""
    gap, room.gap = room.gap, None
    row = _line(step, room, gap)
    if row is not None and row.kind == kinds.NOTICE:
        step.store.drop_message(room.id, row.id)
        step.tell(MessageGone(room.id, row.id))


def _line(step: Step, room: RoomState, gap: Gap | None) -> Message | None:
    return step.store.message(room.id, gap.notice) if gap is not None and gap.notice is not None else None


def _notice(gap: Gap) -> Notice:
    """The line's body, which names accounts that may still hand over their lines."""
    waiting = gap.asked.waiting if gap.asked is not None else []
    return Notice(NoticeKind.GAP, others=tuple(waiting[:MOST_NAMED]), text=tell_gap(gap))


def _last_said(store: Store, room: bytes) -> int | None:
    last = store.last_spoken(room, UNPLACED - 1)
    return last.sent_at if last is not None and not last.imported else None
