"""Rate limits that need no addresses: for the whole directory, and per handle for changes only (spec/directory.md §8).

All counts are in memory and lost on restart. Lookups are counted only in total: a limit per looked-up handle would
need a counter, which would record who is being looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``burst`` at once, and ``per_s`` per second on average."""

    burst: float
    per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The rates of a directory. Removing a limit costs the operator load, never a user's secret."""

    lookups: Rate = Rate(burst=2_000, per_s=200)
    """Each is about 0.7 ms of work."""
    changes: Rate = Rate(burst=2_000, per_s=200)
    """Submitted cards and statements, valid or not."""
    registrations: Rate = Rate(burst=2_000, per_s=5)
    """Newly registered handles."""
    large_cards: Rate = Rate(burst=200, per_s=0.2)
    """Cards of more than `allowance.SMALL_CARD` bytes that are larger than the one before, or the first of a handle."""
    changes_per_handle: Rate = Rate(burst=20, per_s=1 / 600)
    """Cards stored for one handle; invalid ones do not count, so that nobody can use up another's rate."""
    handles_counted: int = 131_072
    """More handles than can change before a bucket refills; otherwise changing that many would block other handles."""
    waiting_changes: int = 4_096


SHARE: Final = 32
"""While less than half is left, a connection that took some recently gets at most this part of the rest."""
SHARED_S: Final = 60


class Bucket:
    """The state of one rate. Times are seconds of a monotonic clock, passed in by the caller."""

    __slots__ = ("_at", "_level", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._level = rate.burst
        self._at = now

    def take(self, now: float, own: int = 0) -> int:
        """Take one if possible and return 0; otherwise return the whole seconds to wait.

        ``own``: how many the same connection took recently. When little is left, connections that took none come first.
        """
        self._fill(now)
        if 2 * self._level < self._rate.burst and own and own >= self._level / SHARE:
            return SHARED_S
        if self._level >= 1:
            self._level -= 1
            return 0
        return max(1, ceil((1 - self._level) / self._rate.per_s))

    def full(self, now: float) -> bool:
        """Whether this bucket is full, so that dropping it changes nothing."""
        self._fill(now)
        return self._level >= self._rate.burst

    def _fill(self, now: float) -> None:
        self._level = min(self._rate.burst, self._level + max(0.0, now - self._at) * self._rate.per_s)
        self._at = now


class PerHandle:
    """One bucket per recently changed handle, at most ``most``."""

    __slots__ = ("_buckets", "_most", "_rate")

    def __init__(self, rate: Rate, most: int) -> None:
        self._rate = rate
        self._most = most
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str, now: float) -> int:
        """As `Bucket.take` for ``name``; when too many handles changed recently, a new one must wait."""
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
