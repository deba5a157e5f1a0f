"""Days, half-years and periods, compared with the calendar of the standard library over every day that matters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.terms import civil, day_of, term_of, term_span, year_of
from nullabona.errors import Malformed

DAY = 86_400
EPOCH = date(1970, 1, 1)
DAYS = [*range(-800, 800), *range(10_900, 11_700), *range(20_400, 21_600), *range(46_900, 47_700), 146_097, 2_932_896]
"""Around 1970, the leap year 2000, today, and the year 2100, which is none; and far away."""


@pytest.mark.parametrize("days", [DAYS], ids=["3,600 days"])
def test_every_day_is_the_one_of_the_calendar(days: list[int]) -> None:
    """There and back, leap years and ends of centuries included."""
    dates = [EPOCH + timedelta(day) for day in days]
    assert [(when.year, when.month, when.day) for when in dates] == [civil(day) for day in days]
    assert days == [day_of(when.year, when.month, when.day) for when in dates]


def test_a_half_year_begins_and_ends_where_it_should() -> None:
    """Its first and its last second are in it, and those beside them in the next; the year is that of its time."""
    for year in (1999, 2000, 2026, 2100):
        july, next_year = (int((when - EPOCH).total_seconds()) for when in (date(year, 7, 1), date(year + 1, 1, 1)))
        january = int((date(year, 1, 1) - EPOCH).total_seconds())
        assert ((january, july), (july, next_year)) == (term_span(f"{year}H1"), term_span(f"{year}H2"))
        names = [term_of(at) for at in (january, july - 1, july, next_year - 1, next_year)]
        assert [f"{year}H1"] * 2 + [f"{year}H2"] * 2 + [f"{year + 1}H1"] == names
        assert [year, year, year + 1] == [year_of(at) for at in (january, next_year - 1, next_year)]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026H", "2026H0", "2026H3", "26H1", "2026h1", "2026H1 ", "x2026H1", "٢٠٢٦H1"]
)
def test_what_is_no_half_year_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        term_span(text)


CADENCE = Cadence(term_span("2026H2")[0] + 1_000, period_s=3_600, window_s=600, horizon_s=10 * DAY)


def test_periods_follow_one_another_without_a_gap() -> None:
    """What is before the start is in the first; each ends where the next begins; and the wait is bounded."""
    start = CADENCE.start_s
    found = [CADENCE.period_at(at) for at in (0, start - 1, start, start + 3_599, start + 3_600)]
    assert [0, 0, 0, 0, 1] == found
    assert (start + 7_200, start + 10_800, 4_200) == (CADENCE.begin_of(2), CADENCE.due_of(2), CADENCE.longest_wait_s)


def test_every_period_is_counted_in_one_half_year() -> None:
    """That of its beginning: the last of one and the first of the next are neighbours, and none is before the start."""
    first, second, before = (CADENCE.periods_of(term) for term in ("2026H2", "2027H1", "2026H1"))
    assert (0, first.stop, range(0)) == (first.start, second.start, before)
    assert ["2026H2", "2027H1"] == [CADENCE.term_of(at) for at in (first[-1], second[0])]
    end = term_span("2026H2")[1]
    assert CADENCE.begin_of(first[-1]) < end <= CADENCE.begin_of(second[0])
    assert end + 10 * DAY == CADENCE.settled_by(first[-1]) == CADENCE.settled_by(0)
