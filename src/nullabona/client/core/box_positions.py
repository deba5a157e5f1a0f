"""How far each box was read, kept in memory: a read that brings nothing needs no step."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.wire.address import Address
from nullabona.wire.messages import Frames


@dataclass(frozen=True, slots=True)
class Stand:
    """A box that was read to ``position`` and in which nothing waits to be decided or fetched."""

    incarnation: bytes
    position: int
    relay: str
    current: bool
    """It is the box of the epoch that the room is in."""

    def has(self, after: int, answer: Frames, relay: str) -> bool:
        """Whether an answer of ``relay`` to a read after ``after`` says nothing new. Empty: whoever keeps the box."""
        return (
            not answer.frames
            and answer.head == after == self.position
            and answer.incarnation == self.incarnation
            and relay in {"", self.relay}
        )


def stands_of(room: RoomState) -> dict[Address, Stand]:
    """Of the room's boxes those of which it can be told without a step whether a read brought anything."""
    if room.phase != JOINED:
        return {}
    return {
        track.keys.box.address: Stand(track.incarnation, track.position, track.relay, not track.closed)
        for track in room.boxes
        if _is_settled(track)
    }


def _is_settled(track: BoxTrack) -> bool:
    waits = track.deferred or track.expected or track.candidates or track.check_acks or track.look_until
    return bool(track.incarnation) and not waits and track.head <= track.position
