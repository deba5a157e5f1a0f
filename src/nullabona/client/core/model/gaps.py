"""What may be missing from a room on a restored device, and requests for it (spec/devices.md §9.1). Values only.

A *part* is one message that hands over lines; a *teller* is an account that was asked for our own lines.
"""

from __future__ import annotations

from typing import Final

import msgspec

MOST_PARTS: Final = 64
"""Most parts that one device hands over for one request."""


class Asked(msgspec.Struct, array_like=True):
    """A restored device's request to a room's members for the lines of a gap, and how far they have answered."""

    request: bytes
    seed: bytes
    """Seed of the X-Wing key to which answers are sealed; erased with the gap."""
    waiting: list[bytes]
    """Accounts that have not handed over all of their lines."""
    next_at: int | None = None
    """When to ask again, in ms; None: never."""
    attempts: int = 0
    tellers: list[bytes] = msgspec.field(default_factory=list)
    """Accounts that were asked for our own lines."""
    told: bool = False
    """Whether a teller has handed over all of our own lines that it has."""
    lacking: bool = False
    """Whether some lines will not come: their author has left the room, or a member had more than fits."""
    parts: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """Stream (`stream_of`) → the numbers of its parts that arrived."""
    ends: dict[str, int] = msgspec.field(default_factory=dict)
    """Stream → the number of its last part."""

    def __repr__(self) -> str:
        return f"<Asked attempts={self.attempts}>"


class Given(msgspec.Struct, array_like=True):
    """What this device hands over to another account's restored device, and how far that has come."""

    request: bytes
    account: bytes
    device: bytes
    key: bytes
    after: int
    """The sort position up to which everything has been handed over."""
    upto: int
    """The sort position from which the restored device reads the room itself."""
    tells: bool
    """Whether these are the asking account's own lines; otherwise they are ours."""
    next_at: int
    """When to send the next part, in ms."""
    until: int
    """When to give up, in ms."""
    proven: bool = True
    """Whether the device has shown that it remembers the room, to us or to a member who handed something over."""
    part: int = 0
    """The number of the next part."""
    lacking: bool = False
    """Whether some lines are not handed over: they do not fit, or their author is not in the room."""

    def __repr__(self) -> str:
        return f"<Given part={self.part}>"


class Back(msgspec.Struct, array_like=True, frozen=True):
    """When this device came back into the room, in ms, and the sort position from which it reads the room itself."""

    at: int
    position: int


class Gap(msgspec.Struct, array_like=True):
    """A time in which this device was not in the room, so that lines may be missing."""

    since: int | None
    """The time of the backup or of the last line that is here, in ms; None: unknown."""
    start: int | None = None
    """The highest sort position here when the gap began; None: there was no line."""
    back: Back | None = None
    notice: bytes | None = None
    """The id of the line that tells the person; None: it is not written yet."""
    asked: Asked | None = None
    """The request to members; None: nobody was asked yet."""


def stream_of(device: bytes, *, tells: bool) -> str:
    """The name of the parts from ``device``: its account's lines, or with ``tells`` ours."""
    return f"{device.hex()}{'+' if tells else ''}"


def tell_gap(gap: Gap) -> str:
    """The stored text of a gap's notice: ``since`` and the time of the return, in ms, 0 if unknown."""
    return f"{gap.since or 0}-{gap.back.at if gap.back is not None else 0}"
