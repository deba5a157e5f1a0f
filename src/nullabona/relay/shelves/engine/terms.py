"""What a relay tells the engine of an append beside its frame: day, limits, and what chance says if the box is new.

Every append has random bytes of its own, since the function that numbers it may need them. They are drawn for many at
once.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from nullabona.relay.core.boxes import FIRST_BITS, INCARNATION_SIZE, LAST_SEQ, OWN_DAY_BITS
from nullabona.relay.core.limits import Limits

AT_ONCE: Final = 64
"""Appends for which random bytes are drawn together."""
_TERMS: Final = Struct(">I8sIIIQI")
"""What `boxes.lua` calls TERMS."""
_BEGIN: Final = 4
"""Bytes before the random ones."""


class Terms:
    """``rng(bits)`` gives a random number."""

    def __init__(self, limits: Limits, rng: Callable[[int], int]) -> None:
        self._limits = limits
        self._rng = rng
        self._random = b""
        self._at = 0
        self.begin_day(0)

    def begin_day(self, day: int) -> None:
        """From now on it is ``day``."""
        self._expiry = day + self._limits.retention_days
        packed = self._pack(bytes(INCARNATION_SIZE), 1, self._expiry)
        self._before, self._after = packed[:_BEGIN], packed[_BEGIN + INCARNATION_SIZE :]

    def of_box(self) -> bytes:
        """For an append to a box of a room."""
        return self._before + self._draw() + self._after

    def of_inbox(self) -> bytes:
        """For an inbox, whose first number and last day tell nothing."""
        rng = self._rng
        return self._pack(self._draw(), 1 + rng(FIRST_BITS), self._expiry + rng(OWN_DAY_BITS))

    def _pack(self, random: bytes, first: int, own_day: int) -> bytes:
        limits = self._limits
        frames = min(limits.box_frames_per_day, LAST_SEQ)
        return _TERMS.pack(self._expiry, random, first, own_day, frames, limits.box_bytes_per_day, LAST_SEQ)

    def _draw(self) -> bytes:
        at, end = self._at, self._at + INCARNATION_SIZE
        if end > len(self._random):
            size = AT_ONCE * INCARNATION_SIZE
            self._random = self._rng(8 * size).to_bytes(size, "big")
            at, end = 0, INCARNATION_SIZE
        self._at = end
        return self._random[at:end]
