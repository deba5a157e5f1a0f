"""Half-years (``2026H2``), by which demands are counted and published. Days are proleptic Gregorian, UTC."""

from __future__ import annotations

import re
from typing import Final

from nullabona.docket.core.instrument import DAY
from nullabona.errors import Malformed

_TERM: Final = re.compile(r"(\d{4})H([12])", flags=re.ASCII)


def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day since 1970-01-01."""
    era, of_era = divmod(day + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    date = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (month <= 2), month, date


def day_of(year: int, month: int, date: int) -> int:
    """The day since 1970-01-01 of a date."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + date - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def year_of(seconds: int) -> int:
    """The year of a time."""
    return civil(seconds // DAY)[0]


def term_of(seconds: int) -> str:
    """The half-year of a time."""
    year, month, _ = civil(seconds // DAY)
    return f"{year}H{1 if month <= 6 else 2}"


def term_span(term: str) -> tuple[int, int]:
    """The first second of a half-year, and the first after it. Raises `Malformed`."""
    found = _TERM.fullmatch(term)
    if found is None:
        raise Malformed("a half-year looks like 2026H2")
    year, half = int(found[1]), int(found[2])
    begin, end = ((year, 1), (year, 7)) if half == 1 else ((year, 7), (year + 1, 1))
    return day_of(*begin, 1) * DAY, day_of(*end, 1) * DAY
