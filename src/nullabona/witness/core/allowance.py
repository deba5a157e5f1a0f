"""A rate per minute that refills steadily. Times are whole seconds, passed in."""

from __future__ import annotations

from typing import Final

_MINUTE_S: Final = 60


class Allowance:
    """At most ``per_minute`` at once, and per minute on average."""

    def __init__(self, per_minute: int, now_s: int) -> None:
        self._per_minute = per_minute
        self._left = per_minute * _MINUTE_S
        self._at = now_s

    def take(self, now_s: int) -> int:
        """Take one if allowed and return 0; otherwise return the seconds until one is allowed."""
        self._left = min(self._left + max(now_s - self._at, 0) * self._per_minute, self._per_minute * _MINUTE_S)
        self._at = max(self._at, now_s)
        if self._left < _MINUTE_S:
            return -(-(_MINUTE_S - self._left) // self._per_minute)
        self._left -= _MINUTE_S
        return 0
