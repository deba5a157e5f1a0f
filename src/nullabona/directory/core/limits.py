"""Rate limits that need no addresses: for the whole directory, and per handle for changes only (spec/directory.md §8).

Everything lives in memory and is forgotten on restart. A lookup is counted, never remembered: there is no limit per
looked-up handle, because its counter would be a record of who is being looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``burst`` at once, and ``per_s`` a second in the long run."""

    burst: float
    per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a directory allows. Losing a limit costs the operator load, never a user's secret."""

    lookups: Rate = Rate(burst=2_000, per_s=200)
    """Each is about 0.7 ms of work."""
    changes: Rate = Rate(burst=2_000, per_s=200)
    """Cards and statements offered, right or wrong."""
    registrations: Rate = Rate(burst=2_000, per_s=5)
    """Handles that are new here."""
    large_cards: Rate = Rate(burst=200, per_s=0.2)
    """Cards of more than `allowance.SMALL_CARD` bytes that are larger than the one before, or the first of a handle."""
    changes_per_handle: Rate = Rate(burst=20, per_s=1 / 600)
    """Cards kept for one handle; wrong ones do not count, so that nobody can use up another's."""
    handles_counted: int = 131_072
    """More than change in the time that one needs to rest: else who changes that many would keep others from it."""
    waiting_changes: int = 4_096


SHARE: Final = 32
"""While less than half is left, who took something lately has at most this part of the rest."""
SHARED_S: Final = 60


class Bucket:
    """One rate's state. Seconds are those of a monotonic clock, given by the caller."""

    __slots__ = ("_at", "_level", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._level = rate.burst
        self._at = now

    def take(self, now: float, own: int = 0) -> int:
        """Take one if there is one and return 0; else how many whole seconds to wait.

        ``own`` is how many the same connection took lately: when little is left, who took none comes first.
        """
        self._fill(now)
        if 2 * self._level < self._rate.burst and own and own >= self._level / SHARE:
            return SHARED_S
        if self._level >= 1:
            self._level -= 1
            return 0
        return max(1, ceil((1 - self._level) / self._rate.per_s))

    def full(self, now: float) -> bool:
        """Whether forgetting this bucket changes nothing."""
        self._fill(now)
        return self._level >= self._rate.burst

    def _fill(self, now: float) -> None:
        self._level = min(self._rate.burst, self._level + max(0.0, now - self._at) * self._rate.per_s)
        self._at = now


class PerHandle:
    """One bucket per handle that changed lately, at most ``most`` of them."""

    __slots__ = ("_buckets", "_most", "_rate")

    def __init__(self, rate: Rate, most: int) -> None:
        self._rate = rate
        self._most = most
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str, now: float) -> int:
        """As `Bucket.take` for ``name``; when too many handles changed lately, a new one has to wait."""
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._forget(now)
            if len(self._buckets) >= self._most:
                return 60
            bucket = self._buckets[name] = Bucket(self._rate, now)
        return bucket.take(now)

    def _forget(self, now: float) -> None:
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if not bucket.full(now)}
