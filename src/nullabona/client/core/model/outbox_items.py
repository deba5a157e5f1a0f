"""Kinds and targets of what waits in the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nullabona.client.core.model.records import OutboxItem
from nullabona.errors import Bug

FRAME: Final = "frame"
INBOX: Final = "inbox"
BLOB: Final = "blob"
PIECE: Final = "piece"
"""A chunk of a file: as `BLOB`, but its bytes stay in the store until it is sent, and its file is its queue."""
TRIM: Final = "trim"


def queue_of(item: OutboxItem) -> bytes:
    """Of the items of one queue only the first may be under way. A file holds up neither its room nor another file, and
    what a room has for one relay nothing that it has for another: that may be out of reach for long.
    """
    if item.kind == PIECE or not item.room:
        return item.box
    return item.room + item.target.partition(b"\n")[0].partition(b" ")[0]


def passes(kind: str, room: bytes) -> bool:
    """Whether such an item goes by a connection of its own, so that it is not seen beside our boxes."""
    return kind == INBOX or (kind in {BLOB, FRAME} and not room)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an outbox item goes: a relay's base URL and what authorises it (a secret, see `OutboxItem.target`).

    ``leaves``: of a frame, how many tokens it wakes.
    """

    relay: str
    secret: bytes = field(repr=False)
    leaves: int = 0

    def encode(self) -> bytes:
        place = f"{self.relay} {self.leaves}" if self.leaves else self.relay
        return place.encode() + b"\n" + self.secret


def decode_target(data: bytes) -> Target:
    place, mark, secret = data.partition(b"\n")
    if not mark:
        raise Bug("an outbox item has no target")
    relay, _, leaves = place.decode().partition(" ")
    return Target(relay, secret, int(leaves or 0))
