"""What a device reports about the boxes it has read, and when it sends that (spec/room.md §4)."""

from __future__ import annotations

import math
from typing import Final

from nullabona.client.core.model.content import View
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

MAX_LISTED: Final = 48
"""Most missing or unreadable frames a view lists."""
CHAIN_SHOWN: Final = 16
"""Bytes of the running hash that a view shows."""
DOUBTS_AT_ONCE: Final = 8
"""We report this many missing or unreadable frames, counted since the last message, without extra delay."""
DOUBT_MOST_MS: Final = 1_800_000
"""Longest delay of such a report, however many there were since the last message."""
_PARTS: Final = 1 << 20
"""How finely the time of a receipt of what nobody has read is drawn."""
MAX_TOLD: Final = 8
"""Most closed boxes that one message reports."""


def own_views(room: RoomState) -> tuple[View, ...]:
    """The views to send: of the current box, and of closed ones whose view the room does not have yet."""
    return tuple(view_of(track) for track in _to_tell(room) if track.incarnation or track is room.current)


def _to_tell(room: RoomState) -> list[BoxTrack]:
    return [*_untold(room)[-MAX_TOLD:], room.current]


def _untold(room: RoomState) -> list[BoxTrack]:
    return [track for track in room.boxes[:-1] if track.told != track.acknowledged]


def view_of(track: BoxTrack) -> View:
    chain = track.chain if not track.deferred else bytes(32)
    return View(
        track.keys.box.address[:8],
        track.incarnation,
        track.acknowledged,
        chain[:CHAIN_SHOWN],
        tuple(track.missing[-MAX_LISTED:]),
        tuple(track.unreadable[-MAX_LISTED:]),
    )


def told_views(room: RoomState) -> None:
    """Mark the views from `own_views` as sent."""
    for track in _to_tell(room):
        track.told = track.acknowledged


def has_more_to_tell(room: RoomState) -> bool:
    """Whether one message was not enough for all views, as after a long absence."""
    return bool(_untold(room))


def tell_soon(step: Step, room: RoomState) -> None:
    """Send a receipt after a random delay."""
    _tell_within(step, room, delay(step, room))


def tell_later(step: Step, room: RoomState) -> None:
    """Send a receipt of what came and nobody has read: with what is sent next, or after an exponential time.

    A receipt at once would show the relay that this device is on, and which boxes are its own.
    """
    if room.receipt_at is None:  # drawn once: the first of many draws would be early
        part = step.rng.between(1, _PARTS) / _PARTS
        room.receipt_at = step.now + round(-math.log(part) * step.timing.receipt_unread)
        room.receipt_waits = True


def tell_read(step: Step, room: RoomState) -> None:
    """Send a receipt of what the person has just read.

    Soon, if they had not read or written anything here for a while: its sender may wonder whether they are there. While
    they talk it waits a little for their reply, which then tells it.
    """
    if step.over(room.talked_at, step.timing.pause):
        tell_soon(step, room)
    else:
        _tell_within(step, room, max(step.timing.reply, delay(step, room)), after=step.timing.reply)
    room.talked_at = step.now


def looked(step: Step, room: RoomState, track: BoxTrack) -> None:
    """The box was read, for which a receipt has waited: no need to wait until `BoxTrack.look_until`."""
    if track.look_until is not None and room.receipt_at is not None and room.receipt_at >= track.look_until:
        tell_soon(step, room)


def tell_doubt(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Send a receipt because a frame is gone or unreadable; after a few of them with growing delays, until a message.

    A hostile relay can make every receipt cause another doubt; that must not keep devices busy.
    """
    soon = delay(step, room)
    later = soon << min(16, max(0, track.doubts + 1 - DOUBTS_AT_ONCE))
    if _tell_within(step, room, max(soon, min(DOUBT_MOST_MS, later))):
        track.doubts += 1


def _tell_within(step: Step, room: RoomState, longest: int, *, after: int = 0) -> bool:
    """Schedule a receipt within ``longest`` ms, which begin ``after`` ms; False if one is already due by their end."""
    if room.receipt_at is not None and room.receipt_at <= step.now + after + longest:
        return False
    room.receipt_at = step.within(longest) + after
    room.receipt_waits = False
    return True


def overslept(step: Step, room: RoomState) -> bool:
    """Whether the time of a receipt that nobody waits for passed while the program was not running; draws it again.

    After a night such receipts of all rooms would go out in one second, and show which boxes one device reads.
    """
    overdue = step.now - room.receipt_at if room.receipt_at is not None else 0
    if not room.receipt_waits or overdue <= step.timing.overslept:
        return False
    room.receipt_at = step.within(step.timing.overslept)
    return True


def delay(step: Step, room: RoomState) -> int:
    """Longest delay of a receipt: it grows with the room, so that a thousand devices do not answer at once."""
    return step.timing.receipt * max(1, len(step.roster(room.id)) // 4)
