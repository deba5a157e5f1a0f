"""What a device reports of the boxes it has read, and when it sends that (spec/room.md §4)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.content import View
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

MAX_LISTED: Final = 48
"""Most missing or unreadable frames a view lists."""
CHAIN_SHOWN: Final = 16
"""Bytes of the running hash that a view shows."""
DOUBTS_AT_ONCE: Final = 8
"""So often since a message came the room is told as soon as of anything that something is gone or says nothing."""
DOUBT_MOST_MS: Final = 1_800_000
"""Within this time a room is told that something is gone, however often that happened since a message came."""
MAX_TOLD: Final = 8
"""Closed boxes of which one message tells."""


def own_views(room: RoomState) -> tuple[View, ...]:
    """What to tell the room: the current box, and closed ones whose view it has not been told."""
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
    """What `own_views` gave is told."""
    for track in _to_tell(room):
        track.told = track.acknowledged


def has_more_to_tell(room: RoomState) -> bool:
    """Whether one message was not enough, as after a long absence."""
    return bool(_untold(room))


def tell_soon(step: Step, room: RoomState) -> None:
    """Tell the room what we have seen, after a random time."""
    _tell_within(step, room, delay(step, room))


def tell_doubt(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Likewise that something in the box is gone or says nothing to us; after a few times ever later, until a message
    comes.

    What each receipt meets is another doubt if whoever keeps the box wants it so: it must not keep devices busy.
    """
    soon = delay(step, room)
    later = soon << min(16, max(0, track.doubts - DOUBTS_AT_ONCE))
    if _tell_within(step, room, max(soon, min(DOUBT_MOST_MS, later))):
        track.doubts += 1


def _tell_within(step: Step, room: RoomState, longest: int) -> bool:
    """Whether a time had to be drawn: one within ``longest`` ms stays as it is."""
    if 0 < room.receipt_at <= step.now + longest:
        return False
    room.receipt_at = step.within(longest)
    return True


def delay(step: Step, room: RoomState) -> int:
    """Longest wait for a receipt: it grows with the room, so that a thousand devices do not answer at once."""
    return step.timing.receipt * max(1, len(step.roster(room.id)) // 4)
