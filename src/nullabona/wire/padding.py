"""Padding to a few sizes, so that a frame's length says next to nothing (spec/frame.md §2)."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from nullabona.errors import Bug, Malformed

BUCKETS: Final = (512, 1_024, 2_048, 4_096, 16_384, 65_536)
"""The only sizes a frame has, in bytes, everything included."""

_MARK: Final = b"\x80"


def pad(content: bytes, overhead: int, least: int = BUCKETS[0]) -> bytes:
    """``content`` followed by 0x80 and zeros, so that with ``overhead`` more bytes it has a bucket's size, of at least
    ``least`` bytes.

    Raises `Bug` if it fits no bucket; callers put larger things into blobs first (`fits`).
    """
    needed = max(len(content) + 1 + overhead, least)
    index = bisect_left(BUCKETS, needed)
    if index == len(BUCKETS):
        raise Bug("content does not fit the largest padding bucket")
    return (content + _MARK).ljust(BUCKETS[index] - overhead, b"\x00")


def fits(length: int, overhead: int) -> bool:
    """Whether ``length`` bytes of content fit one frame."""
    return length + 1 + overhead <= BUCKETS[-1]


def unpad(padded: bytes) -> bytes:
    """The content inside ``padded``. Raises `Malformed` unless it ends in 0x80 and zeros."""
    content = padded.rstrip(b"\x00")
    if not content.endswith(_MARK):
        raise Malformed("padding is not 0x80 followed by zeros")
    return content[:-1]
