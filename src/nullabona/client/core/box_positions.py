"""How far each box was read, kept in memory so that a read without news needs no step."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.wire.address import Address
from nullabona.wire.messages import Frames


@dataclass(frozen=True, slots=True)
class BoxPosition:
    """A box that was read to ``position`` and has nothing left to decide or fetch."""

    incarnation: bytes
    position: int
    relay: str
    current: bool
    """It is the box of the room's current epoch."""

    def has(self, after: int, answer: Frames, relay: str) -> bool:
        """Whether an answer to a read after ``after`` says nothing new. Empty ``relay``: the one that keeps the box."""
        return (
            not answer.frames
            and answer.head == after == self.position
            and answer.incarnation == self.incarnation
            and relay in {"", self.relay}
        )


def positions_of(room: RoomState) -> dict[Address, BoxPosition]:
    """The boxes of the room for which `BoxPosition.has` can tell without a step whether a read brought news."""
    if room.phase != JOINED:
        return {}
    former = {
        track.keys.box.address: BoxPosition(track.incarnation, track.position, track.relay, current=False)
        for track in room.former_boxes
        if _is_settled(track)
    }
    return former | {
        track.keys.box.address: BoxPosition(track.incarnation, track.position, track.relay, not track.closed)
        for track in room.boxes
        if _is_settled(track)
    }


def _is_settled(track: BoxTrack) -> bool:
    waits = track.deferred or track.expected or track.candidates or track.check_acks or track.look_until
    return bool(track.incarnation) and not waits and track.head <= track.position
