"""Checks the clock before a batch is fixed (spec/docket.md §7.2): a batch fixed by a fast clock cannot be undone.

Each publication records the clock and the machine's running time. Since then the clock may have advanced by the
running time plus one step. After a restart the time that the machine was off is unknown, so only the running time
counts.
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
    """The clock advanced more than the elapsed time, so nothing is fixed or erased."""

    code = "docket-clock-doubtful"
    default_hint = (
        "set the clock; if it is right and the machine was off, say so: nulla docket publish-due --clock-is-right"
    )


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock when last believed, and the machine's running time then."""

    wall_s: Seconds
    boot: Annotated[str, Meta(max_length=64)]
    steady_s: Seconds


class ClockWatch:
    """Compares the clock with the machine's running time. Without a steady clock only the last batch is checked."""

    def __init__(self, context: DeskContext) -> None:
        self._store, self._clock, self._cadence = context.store, context.clock, context.cadence
        self._steady = context.steady

    @property
    def step_s(self) -> int:
        """How far ahead the clock may be: a period, but at least a minute and at most a day."""
        return min(max(self._cadence.period_s, LEAST_STEP_S), DAY)

    def check(self) -> None:
        """Raises `ClockDoubtful` if the clock is more than a step ahead."""
        ahead_s = self._ahead_s()
        if ahead_s > self.step_s:
            raise ClockDoubtful(f"the clock is {ahead_s:,} s ahead of the time that has passed since it was believed")

    def believe(self) -> None:
        """Record the clock, unless it was set back: then setting it right again is no jump ahead."""
        steady, now_s = self._steady, self._clock()
        if steady is None:
            return
        seen, here = self._seen(), steady()
        if seen is not None and now_s < seen.wall_s:
            return
        with self._store.transaction():
            self._store.run("set_meta", SEEN, canonical(Seen(now_s, here.boot, here.seconds)))

    def may_erase(self) -> bool:
        """Whether the clock is at most a step ahead, and within a day of the last batch's period."""
        last = self._store.row("last_batch")
        if last is None or self._ahead_s() > self.step_s:
            return False
        due_s = self._cadence.due_of(last[0])
        return due_s - DAY <= self._clock() <= due_s + self._cadence.period_s + DAY

    def _ahead_s(self) -> int:
        """How far the clock is ahead of the elapsed time; zero or less if it is not, or if that is unknown."""
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
