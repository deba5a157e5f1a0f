"""A supply that a relay gives to all strangers together, and how it is shared when little is left (spec/relay.md §8).

No clock and no randomness; nothing of who took what, which each connection's `Budget` counts.
"""

from __future__ import annotations

from math import ceil
from typing import Final

SHARE: Final = 32
"""While less than half is left, a connection has at most this part of the rest by and by; its first request is granted
if there is enough. So others drain what is left ever slower, however many connections they have.
"""
_LONGEST_S: Final = 3_600


class Pool:
    """``most`` at once, and ``per_s`` a second in the long run. Seconds are those of a monotonic clock."""

    __slots__ = ("_at", "_left", "_most", "_per_s")

    def __init__(self, most: int, per_s: float) -> None:
        self._most = most
        self._per_s = per_s
        self._left = float(most)
        self._at = 0

    def take(self, size: int, own: int, now: int) -> int:
        """Take ``size`` for a connection that took ``own`` lately, and return 0; else how many seconds to wait."""
        self._left = min(self._most, self._left + max(0, now - self._at) * self._per_s)
        self._at = now
        left = self._left - size
        if left < 0:
            return min(_LONGEST_S, max(1, ceil(-left / self._per_s)))
        if 2 * left < self._most and own and own + size > self._left / SHARE:
            return 60
        self._left = left
        return 0
