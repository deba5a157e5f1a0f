"""What a restored device knows to be missing from a room (spec/devices.md §9.1). Pure values."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class Gap(msgspec.Struct, array_like=True):
    """This device was without the room from ``since`` to ``until`` (ms): what was said meanwhile may be missing."""

    since: int
    """When the backup was made, or the last line was said that is here; 0: unknown."""
    until: int = 0
    """When this device was back in the room; 0: it is not yet."""
    start: int = -1
    """The highest sort position that was here when the gap began."""
    end: int = 0
    """The sort position from which on this device reads the room itself; 0: it is not back yet."""
    notice: bytes = b""
    """The id of the line that tells the person; empty: not written yet."""


@dataclass(frozen=True, slots=True)
class GapTold:
    """What the line about a gap says."""

    since: int
    """0: from the beginning."""
    until: int
    """0: until this device is back."""


def tell_gap(gap: Gap) -> str:
    """The text of a gap's notice."""
    return f"{gap.since}-{gap.until}"


def read_gap(text: str) -> GapTold:
    """What `tell_gap` wrote; nothing known for any other text."""
    since, _, until = text.partition("-")
    if not (since.isascii() and since.isdecimal() and until.isascii() and until.isdecimal()):
        return GapTold(0, 0)
    return GapTold(int(since), int(until))
