"""The schedule of the docket log: when each period's slots are due, and fixed parameters (spec/docket.md §7.1)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.terms import term_of, term_span

MAX_SLOTS: Final = 1_024


class Cadence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a docket log. Its first leaf holds them, and they never change."""

    start_s: Annotated[int, Meta(ge=0, le=2**40)]
    """When period 0 begins; its slots are due at its end."""
    period_s: Annotated[int, Meta(ge=1, le=31 * DAY)] = 3_600
    slots: Annotated[int, Meta(ge=1, le=MAX_SLOTS)] = 8
    window_s: Annotated[int, Meta(ge=1, le=DAY)] = 600
    """How long after a period's end its slots must be witnessed, in seconds."""
    lag: Annotated[int, Meta(ge=1, le=1_000)] = 24
    """The number of periods within which an event must be entered."""
    horizon_s: Annotated[int, Meta(ge=1, le=10 * 366 * DAY)] = 731 * DAY
    """How long after the end of its half-year a slot is opened, or renewed within the band."""
    band: Annotated[int, Meta(ge=0, le=10_000)] = 32
    """How many slots of a half-year stay sealed at its horizon: exactly a multiple of this."""
    v: Literal[1] = 1

    @property
    def longest_wait_s(self) -> int:
        """The longest time until an event that gets a free slot is witnessed."""
        return self.period_s + self.window_s

    def period_at(self, seconds: int) -> int:
        """The period of a time; any time before the start belongs to the first."""
        return max(0, (seconds - self.start_s) // self.period_s)

    def begin_of(self, period: int) -> int:
        """The first second of a period."""
        return self.start_s + period * self.period_s

    def due_of(self, period: int) -> int:
        """When a period's slots are due: its end."""
        return self.begin_of(period + 1)

    def term_of(self, period: int) -> str:
        """The half-year in which a period begins, and to which it counts."""
        return term_of(self.begin_of(period))

    def periods_of(self, term: str) -> range:
        """The periods that count to a half-year."""
        begin, end = term_span(term)
        first, after = (max(0, -((self.start_s - at) // self.period_s)) for at in (begin, end))
        return range(first, after)

    def settled_by(self, period: int) -> int:
        """When a slot of ``period`` must be opened or renewed."""
        return term_span(self.term_of(period))[1] + self.horizon_s
