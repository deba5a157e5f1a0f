"""Judges the clock before a batch is fixed (spec/docket.md §7.2): a batch of a clock that runs ahead cannot be undone.

Each publication remembers the clock and how long the machine had run. Since then the clock may have advanced by the
machine's running time and one step more. After a restart nobody knows how long the machine stood still, so only the
running time counts.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.docket.core.instrument import DAY, Seconds
from nullabona.docket.keeping.context import DeskContext
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, read_canonical

SEEN: Final = "clock"
LEAST_STEP_S: Final = 60


class ClockDoubtful(UserError):
    """The clock is further ahead than the time that has passed: nothing is fixed or erased by it."""

    code = "docket-clock-doubtful"
    default_hint = "set the clock; if it is right and the machine was off, say so: nulla docket beat --clock-is-right"


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock as it was believed last, and how long the machine had run then."""

    wall_s: Seconds
    boot: Annotated[str, Meta(max_length=64)]
    steady_s: Seconds


class ClockWatch:
    """Compares the clock with what the machine ran. Without a steady clock only the last batch is looked at."""

    def __init__(self, context: DeskContext) -> None:
        self._store, self._clock, self._cadence = context.store, context.clock, context.cadence
        self._steady = context.steady

    @property
    def step_s(self) -> int:
        """How far ahead the clock may be: a period, but at least a minute and at most a day."""
        return min(max(self._cadence.period_s, LEAST_STEP_S), DAY)

    def check(self) -> None:
        """Raises `ClockDoubtful` if a period would be fixed by a clock that is further ahead than a step."""
        ahead_s = self._ahead_s()
        if ahead_s > self.step_s:
            raise ClockDoubtful(f"the clock is {ahead_s:,} s ahead of the time that has passed since it was believed")

    def believe(self) -> None:
        """Remember the clock as it is now; one that went back is not, so that setting it right is no jump."""
        steady, now_s = self._steady, self._clock()
        if steady is None:
            return
        seen, here = self._seen(), steady()
        if seen is not None and now_s < seen.wall_s:
            return
        with self._store.transaction():
            self._store.run("set_meta", SEEN, canonical(Seen(now_s, here.boot, here.seconds)))

    def may_erase(self) -> bool:
        """Whether the clock is within a day of the last batch and not ahead of the time that has passed."""
        last = self._store.row("last_batch")
        if last is None or self._ahead_s() > self.step_s:
            return False
        due_s = self._cadence.due_of(last[0])
        return due_s - DAY <= self._clock() <= due_s + self._cadence.period_s + DAY

    def _ahead_s(self) -> int:
        """How far the clock is ahead of what it can be; not more than nothing if nobody can tell."""
        if self._steady is None:
            return 0
        here, seen = self._steady(), self._seen()
        if seen is None:
            return self._clock() - self._last_due_s() - here.seconds
        same = seen.boot == here.boot and seen.steady_s <= here.seconds
        passed_s = here.seconds - seen.steady_s if same else here.seconds
        return self._clock() - seen.wall_s - passed_s

    def _last_due_s(self) -> int:
        last = self._store.row("last_batch")
        return self._cadence.due_of(last[0]) if last else self._cadence.start_s

    def _seen(self) -> Seen | None:
        encoded = self._store.value("get_meta", SEEN)
        return None if encoded is None else read_canonical(encoded, Seen, "the clock that was seen")
