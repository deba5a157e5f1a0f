"""Wall-clock stamps of exports: numbers into milliseconds, as if the clock showed UTC. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from nullabona.client.importing.records import EARLIEST, LATEST

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MORNING: Final = frozenset({"오전", "am", "a.m.", "a. m.", "午前", "上午", "凌晨", "早上", "\u0635"})
_EVENING: Final = frozenset({"오후", "pm", "p.m.", "p. m.", "午後", "下午", "中午", "晚上", "\u0645"})
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def month(name: str) -> int:
    """The month of an English name or its first three letters; 0: none."""
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def day_ms(year: int, month: int, day: int) -> int | None:
    """The day's beginning; None for a day that does not exist or that nobody exported."""
    try:
        found = (date(year, month, day).toordinal() - _EPOCH) * 86_400_000
    except (ValueError, OverflowError):
        return None
    return found if EARLIEST <= found < LATEST else None


def time_ms(half: str, hour: int, minute: int, second: int = 0) -> int | None:
    """A time of day; ``half`` is the word for morning or evening, or empty. 오전 12:05 is five past midnight."""
    word = half.lower().strip()
    if word:
        if word not in _MORNING and word not in _EVENING:
            return None
        if 0 <= hour <= 12:  # some exports write 오후 13:05
            hour = hour % 12 + (12 if word in _EVENING else 0)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return None
    return ((hour * 60 + minute) * 60 + second) * 1_000
