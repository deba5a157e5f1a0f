"""Days, times and zones of exports: every word for a half of the day, and the first and last of everything."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nullabona.client.importing.clock import day_ms, month, time_ms
from nullabona.client.importing.zones import offset_at

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NAMES = "January February March April May June July August September October November December".split()


@pytest.mark.parametrize(("number", "name"), list(enumerate(NAMES, 1)))
def test_a_month_is_known_by_its_name_and_its_first_letters(number: int, name: str) -> None:
    """In whatever case."""
    assert [number] * 4 == [month(name), month(name[:3]), month(name.upper()), month(name[:3].lower())]


@pytest.mark.parametrize("name", ["", "Ja", "Foo", "uary", "3"])
def test_what_is_no_month_is_none(name: str) -> None:
    """Neither a part of a name nor a number."""
    assert 0 == month(name)


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ((1970, 1, 1), 0),
        ((1970, 1, 2), DAY),
        ((1971, 1, 1), 365 * DAY),
        ((2024, 2, 29), 1_709_164_800_000),
        ((9998, 12, 31), 253_370_764_800_000 - DAY),
    ],
)
def test_a_day_is_its_first_millisecond(day: tuple[int, int, int], found: int) -> None:
    """Counted from 1970, the first day that counts, to the end of 9998."""
    assert found == day_ms(*day)


@pytest.mark.parametrize(
    "day",
    [
        (1969, 12, 31),
        (9999, 1, 1),
        (2025, 2, 29),
        (2025, 0, 1),
        (2025, 13, 1),
        (2025, 1, 0),
        (2025, 4, 31),
        (0, 1, 1),
        (10_000, 1, 1),
        (10**30, 1, 1),
    ],
)
def test_a_day_that_never_was_is_none(day: tuple[int, int, int]) -> None:
    """Nor one that nobody can have exported."""
    assert day_ms(*day) is None


@pytest.mark.parametrize(
    ("half", "hour", "minute", "second", "found"),
    [
        ("", 0, 0, 0, 0),
        ("", 23, 59, 59, DAY - 1_000),
        ("", 12, 5, 1, 12 * HOUR + 5 * MINUTE + 1_000),
        ("오전", 0, 5, 0, 5 * MINUTE),
        ("오전", 12, 5, 0, 5 * MINUTE),
        ("오전", 11, 59, 59, 12 * HOUR - 1_000),
        ("오전", 13, 5, 0, 13 * HOUR + 5 * MINUTE),
        ("오후", 12, 0, 0, 12 * HOUR),
        ("오후", 1, 0, 0, 13 * HOUR),
        ("오후", 0, 30, 0, 12 * HOUR + 30 * MINUTE),
        ("오후", 13, 5, 0, 13 * HOUR + 5 * MINUTE),
        ("오후", 23, 59, 0, DAY - MINUTE),
        ("", 24, 0, 0, None),
        ("", 23, 60, 0, None),
        ("", 23, 0, 60, None),
        ("", -1, 0, 0, None),
        ("", 0, -1, 0, None),
        ("", 0, 0, -1, None),
        ("오전", 24, 0, 0, None),
        ("오전", -1, 0, 0, None),
        ("오후", 1, 60, 0, None),
        ("noon", 1, 0, 0, None),
    ],
)
def test_a_time_of_day(half: str, hour: int, minute: int, second: int, found: int | None) -> None:
    """With and without a half of the day; noon and midnight are at twelve; hours above twelve speak for themselves."""
    assert found == time_ms(half, hour, minute, second)


def test_a_time_without_seconds_is_the_whole_minute() -> None:
    """Nothing is added to it."""
    assert 61 * MINUTE == time_ms("", 1, 1)


@pytest.mark.parametrize(
    ("words", "hour"),
    [(("오전", "am", "AM", "a.m.", "A. M.", " am "), 1), (("오후", "pm", "PM", "p.m.", "P. M.", " pm "), 13)],
)
def test_every_word_for_a_half_of_the_day(words: tuple[str, ...], hour: int) -> None:
    """Korean and English, in either case, with points or without."""
    assert [hour * HOUR] * len(words) == [time_ms(word, 1, 0) for word in words]


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Berlin."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_a_wall_clock_is_that_of_this_machine() -> None:
    """One hour ahead in winter, two in summer; a moment that no clock can show is taken as it stands."""
    january, july = day_ms(2025, 1, 15), day_ms(2025, 7, 15)
    assert january is not None
    assert july is not None
    assert [HOUR, 2 * HOUR, 0, 0] == [offset_at(at) for at in (january, july, 10**30, -(10**14))]


@pytest.mark.usefixtures("berlin")
def test_a_wall_clock_goes_forward_on_its_own_day() -> None:
    """In Berlin in 2025 on the 30th of March at two."""
    day = day_ms(2025, 3, 30)
    assert day is not None
    assert [HOUR, 2 * HOUR] == [offset_at(day + clock) for clock in (HOUR + 59 * MINUTE, 3 * HOUR)]
