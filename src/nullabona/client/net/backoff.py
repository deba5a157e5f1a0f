"""When to try again after a relay was lost: later and later, never in step with others. Time and randomness are given.

A connection that did not last counts as a failure, so that a relay that accepts and drops is not hammered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

_MOST_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient a client is, in seconds."""

    first_s: float = 0.5
    most_s: float = 60.0
    steady_s: float = 30.0
    """A connection that lasted this long was a good one: the next failure counts as the first."""
    apart_s: float = 5.0
    """What waited for a relay that was out of reach goes out within so many seconds, each request at its own time."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The state; every method gives the next one. ``now`` is a monotonic clock's, ``drawn`` in [0, 1)."""

    policy: Policy = field(default_factory=Policy)
    failures: int = 0
    not_before: float = float("-inf")
    connected_at: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next attempt is due; 0 if it is."""
        return max(0.0, self.not_before - now)

    def connected(self, now: float) -> Backoff:
        """An attempt succeeded."""
        return replace(self, connected_at=now)

    def lost(self, now: float, drawn: float) -> Backoff:
        """An attempt failed, or the connection ended."""
        steady = self.connected_at is not None and now - self.connected_at >= self.policy.steady_s
        failures = 0 if steady else self.failures
        longest = min(self.policy.most_s, self.policy.first_s * 2.0 ** min(failures, _MOST_DOUBLINGS))
        return Backoff(self.policy, failures + 1, now + longest * (0.5 + drawn / 2))
