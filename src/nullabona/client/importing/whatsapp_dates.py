"""WhatsApp's dates, which do not say in which order they are: told by what cannot be, or asked. Pure."""

from __future__ import annotations

import re
from typing import Final

from nullabona.client.importing.clock import day_ms, time_ms
from nullabona.client.importing.records import DayOrder

_HALF: Final = r"오전|오후|[AaPp]\.?\s?[Mm]\.?|午前|午後|上午|下午|凌晨|早上|中午|晚上|\u0635|\u0645"
_MARK: Final = r"[\u200e\u200f]?"
DATE: Final = rf"\d{{1,4}}{_MARK}[./년年-]\s?\d{{1,2}}{_MARK}[./월月-]\s?\d{{1,4}}[.일日]?"
TIME: Final = rf"(?:(?:{_HALF})\s?)?\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?(?:\s?(?:{_HALF}))?"
_NUMBERS: Final = re.compile(rf"(\d{{1,4}}){_MARK}[./년年-]\s?(\d{{1,2}}){_MARK}[./월月-]\s?(\d{{1,4}})[.일日]?")
_CLOCK: Final = re.compile(rf"(?:({_HALF})\s?)?(\d{{1,2}})[:.](\d\d)(?:[:.](\d\d))?(?:\s?({_HALF}))?")
_HALF_FIRST: Final = re.compile(_HALF)
_MOST: Final = 100_000
"""Different dates that are looked at; a chat of a century has fewer."""
Numbers = tuple[int, int, int]


def numbers_of(date: str) -> Numbers | None:
    """The three numbers of a date."""
    found = _NUMBERS.fullmatch(date)
    return (int(found.group(1)), int(found.group(2)), int(found.group(3))) if found else None


def day_of(numbers: Numbers, order: DayOrder) -> int | None:
    """The day they mean in that order, in ms; None if there is no such day."""
    one, two, three = numbers
    year, month, day = {
        DayOrder.DAY_FIRST: (three, two, one),
        DayOrder.MONTH_FIRST: (three, one, two),
        DayOrder.YEAR_FIRST: (one, two, three),
    }[order]
    return day_ms(year + 2_000 if year < 100 else year, month, day)


def clock_of(time: str) -> int | None:
    """The time of day in ms."""
    found = _CLOCK.fullmatch(time)
    if found is None:
        return None
    half, hour, minute, second, after = found.groups()
    word = re.sub(r"[.\s]", "", half or after or "")
    return time_ms(word, int(hour), int(minute), int(second or 0))


class OrderFinder:
    """Sees every date of a chat in turn, and says which order they can be in."""

    def __init__(self) -> None:
        self._last: Numbers | None = None
        self._seen = 0
        self._impossible = dict.fromkeys(DayOrder, 0)
        self._back = dict.fromkeys(DayOrder, 0)
        self._days: dict[DayOrder, int | None] = dict.fromkeys(DayOrder)
        self._half_first = False

    def see(self, numbers: Numbers, time: str) -> None:
        """The next date of the file, and the time behind it."""
        self._half_first = self._half_first or _HALF_FIRST.match(time) is not None
        if numbers == self._last or self._seen >= _MOST:
            return
        self._last = numbers
        self._seen += 1
        if numbers[0] < 100 and not self._half_first:  # two figures are a year only where 오후 stands before the time
            self._impossible[DayOrder.YEAR_FIRST] += 1
        for order in DayOrder:
            day = day_of(numbers, order)
            if day is None:
                self._impossible[order] += 1
                continue
            before = self._days[order]
            self._back[order] += before is not None and day < before
            self._days[order] = day

    def fits(self, order: DayOrder) -> bool:
        """Whether no other order has fewer days that do not exist."""
        return self._impossible[order] == min(self._impossible.values())

    def orders(self) -> list[DayOrder]:
        """The orders that fit best: days that all exist, and that go forward. More than one: the person has to say."""
        possible = [order for order in DayOrder if self.fits(order)]
        straight = min(self._back[order] for order in possible)
        if self._half_first and self._back[DayOrder.YEAR_FIRST] == straight and DayOrder.YEAR_FIRST in possible:
            return [DayOrder.YEAR_FIRST]  # who writes 오후 2:38, or PM 2:38, writes the year first
        return [order for order in possible if self._back[order] == straight]
