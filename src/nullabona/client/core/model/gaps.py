"""What a restored device knows to be missing from a room (spec/devices.md §9.1). Pure values."""

from __future__ import annotations

from typing import Final

import msgspec

MOST_PARTS: Final = 64
"""Most parts that one device hands over for one request."""


class Asked(msgspec.Struct, array_like=True):
    """A request to the members of a room for what was said in a gap, and how far they have answered."""

    request: bytes
    seed: bytes
    """Of the X-Wing key to which answers are sealed; it goes with the gap."""
    waiting: list[bytes]
    """Accounts that have not handed over all of their lines."""
    next_at: int | None = None
    """When to ask again; None: never."""
    attempts: int = 0
    tellers: list[bytes] = msgspec.field(default_factory=list)
    """Accounts that were asked for our own lines."""
    told: bool = False
    """Our own lines are here, as far as one of them has them."""
    lacking: bool = False
    """Somebody who is not in the room any more said something meanwhile, or somebody had more than fits."""
    parts: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """Whose (`stream_of`) → the numbers of the parts that came."""
    ends: dict[str, int] = msgspec.field(default_factory=dict)
    """Whose → the number of the last part."""

    def __repr__(self) -> str:
        return f"<Asked attempts={self.attempts}>"


class Given(msgspec.Struct, array_like=True):
    """What this device hands over to a member's restored device, and how far it has come."""

    request: bytes
    account: bytes
    device: bytes
    key: bytes
    after: int
    """The sort position up to which everything was handed over."""
    upto: int
    """The sort position from which on the device reads the room itself."""
    tells: bool
    """Whether these are the asking account's own lines, or ours."""
    next_at: int
    until: int
    """When to give up, in ms."""
    proven: bool = True
    """The device has shown that it remembers the room; if not here, then to a member who handed something over."""
    part: int = 0
    lacking: bool = False
    """Something that was said meanwhile is not handed over: it does not fit, or its author is not in the room."""

    def __repr__(self) -> str:
        return f"<Given part={self.part}>"


class Back(msgspec.Struct, array_like=True, frozen=True):
    """This device is in the room again: since when, and the sort position from which on it reads the room itself."""

    at: int
    position: int


class Gap(msgspec.Struct, array_like=True):
    """This device was without the room: what was said meanwhile may be missing."""

    since: int | None
    """When the backup was made, or the last line was said that is here, in ms; None: unknown."""
    start: int | None = None
    """The highest sort position that was here when the gap began; None: no line was."""
    back: Back | None = None
    notice: bytes | None = None
    """The id of the line that tells the person; None: not written yet."""
    asked: Asked | None = None
    """What members were asked for it; None: nobody yet."""


def stream_of(device: bytes, *, tells: bool) -> str:
    """The name of what one device hands over: its account's lines, or ours."""
    return f"{device.hex()}{'+' if tells else ''}"


def tell_gap(gap: Gap) -> str:
    """The text of a gap's notice."""
    return f"{gap.since or 0}-{gap.back.at if gap.back is not None else 0}"
