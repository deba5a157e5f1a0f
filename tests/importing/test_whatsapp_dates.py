"""WhatsApp's dates: what a date and a time are, and in which order three numbers stand."""

from __future__ import annotations

import pytest

from nullabona.client.importing import whatsapp_dates as dates
from nullabona.client.importing.records import DayOrder

DAY, MONTH, YEAR = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST, DayOrder.YEAR_FIRST
MINUTE = 60_000
HOUR = 60 * MINUTE
MARCH_15 = 1_741_996_800_000


def ordered(*seen: str) -> list[DayOrder]:
    """The orders that a file with these dates can have."""
    finder = dates.OrderFinder()
    for stamp in seen:
        date, _, time = stamp.partition(" ")
        numbers = dates.numbers_of(date)
        assert numbers is not None
        finder.see(numbers, time)
    return finder.orders()


@pytest.mark.parametrize(
    ("date", "numbers"),
    [
        ("23/07/25", (23, 7, 25)),
        ("3.15.2025", (3, 15, 2025)),
        ("2025. 3. 15.", (2025, 3, 15)),
        ("15-3-2025", (15, 3, 2025)),
        ("23/07", None),
        ("23/07/25x", None),
        ("23/007/25", None),
        ("", None),
    ],
)
def test_a_date_is_three_numbers(date: str, numbers: tuple[int, int, int] | None) -> None:
    """However they are parted; anything more or less is no date."""
    assert numbers == dates.numbers_of(date)


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        ((15, 3, 2025), DAY),
        ((3, 15, 2025), MONTH),
        ((2025, 3, 15), YEAR),
        ((15, 3, 25), DAY),
        ((25, 3, 15), YEAR),
    ],
)
def test_an_order_says_which_number_is_which(numbers: tuple[int, int, int], order: DayOrder) -> None:
    """Two figures of a year are of this century."""
    assert MARCH_15 == dates.day_of(numbers, order)


@pytest.mark.parametrize(
    ("numbers", "order"),
    [((3, 15, 2025), DAY), ((15, 3, 2025), MONTH), ((15, 3, 2025), YEAR), ((1, 2, 100), DAY), ((30, 2, 24), DAY)],
)
def test_a_day_that_cannot_be_is_none(numbers: tuple[int, int, int], order: DayOrder) -> None:
    """A thirteenth month, a year of three figures."""
    assert dates.day_of(numbers, order) is None


def test_the_last_year_of_two_figures() -> None:
    """99 is 2099."""
    assert dates.day_of((1, 2, 2099), DAY) == dates.day_of((1, 2, 99), DAY)


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("14:38", 14 * HOUR + 38 * MINUTE),
        ("14.38.07", 14 * HOUR + 38 * MINUTE + 7_000),
        ("오후 2:38", 14 * HOUR + 38 * MINUTE),
        ("PM 2:38", 14 * HOUR + 38 * MINUTE),
        ("2:38 PM", 14 * HOUR + 38 * MINUTE),
        ("2:38 p.m.", 14 * HOUR + 38 * MINUTE),
        ("2:38\u202fa. m.", 2 * HOUR + 38 * MINUTE),
        ("24:00", None),
        ("2:60", None),
        ("2", None),
        ("noon", None),
    ],
)
def test_a_time_of_day(time: str, found: int | None) -> None:
    """The half of the day before it or behind it."""
    assert found == dates.clock_of(time)


@pytest.mark.parametrize(
    ("seen", "orders"),
    [
        (["3/4/2025 10:00"], [DAY, MONTH]),
        (["3/4/2025 10:00", "13/4/2025 10:00"], [DAY]),
        (["3/4/2025 10:00", "4/13/2025 10:00"], [MONTH]),
        (["2025/3/4 10:00"], [YEAR]),
        (["3/4/2025 10:00", "4/1/2025 10:00", "4/2/2025 10:00"], [MONTH]),
        (["3/4/2025 10:00", "2/5/2025 10:00", "3/5/2025 10:00"], [DAY]),
        (["3/4/5 10:00"], [DAY, MONTH]),
        (["3/4/5 오후 2:38"], [YEAR]),
        (["3/4/5 PM 2:38"], [YEAR]),
        (["3/4/5 2:38 PM"], [DAY, MONTH]),
        (["25/3/4 오후 2:38", "25/3/5 10:00"], [YEAR]),
        (["13/4/2025 오후 2:38"], [DAY]),
        (["9/3/4 오후 2:38", "8/3/5 오후 2:38", "9/3/6 오후 2:38"], [DAY, MONTH]),
        ([], [DAY, MONTH, YEAR]),
    ],
)
def test_the_order_is_told_by_what_cannot_be(seen: list[str], orders: list[DayOrder]) -> None:
    """Days that do not exist, days that would go back, and who writes the half of the day first; else it is asked."""
    assert orders == ordered(*seen)


def test_a_date_counts_once_however_many_lines_it_has() -> None:
    """Many lines of one strange day weigh no more than one; two strange days weigh more than that."""
    assert [DAY] == ordered(*["1/13/2025 10:00"] * 9, "13/1/2025 10:00", "14/1/2025 10:00")


def test_only_so_many_dates_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one that is still seen decides; the one behind it does not."""
    monkeypatch.setattr(dates, "_MOST", 2)
    assert [DAY] == ordered("3/4/2025 10:00", "13/4/2025 10:00")
    assert [DAY, MONTH] == ordered("3/4/2025 10:00", "5/4/2025 10:00", "13/4/2025 10:00")
