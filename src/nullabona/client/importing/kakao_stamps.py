"""How KakaoTalk writes days and times, in Korean, in English and in mixtures of both. Pure."""

from __future__ import annotations

import re
from typing import Final

from nullabona.client.importing.clock import day_ms, month, time_ms

_S: Final = "[ \u00a0\u202f]"
_HALF: Final = "오전|오후|[AaPp][Mm]"
_TIME: Final = rf"(?:(?:{_HALF}){_S}?)?\d{{1,2}}:\d\d(?::\d\d)?(?:{_S}?[AaPp][Mm])?"
_KO: Final = rf"\d{{4}}년{_S}\d{{1,2}}월{_S}\d{{1,2}}일"
_DOTS: Final = rf"(?:\d\d)?\d\d\.{_S}\d{{1,2}}\.{_S}\d{{1,2}}\."
_EN: Final = r"[A-Z][a-z]{2,8} \d{1,2}, \d{4}"
_EN_DAY_FIRST: Final = r"\d{1,2} [A-Z][a-z]{2,8} \d{4}"
_DAY: Final = rf"{_KO}|{_DOTS}|{_EN}|{_EN_DAY_FIRST}"
_STAMP: Final = rf"(?:{_DAY})(?:,|{_S}at)?{_S}{_TIME}|{_TIME},{_S}(?:{_EN}|{_EN_DAY_FIRST})"

STAMPED: Final = re.compile(rf"({_STAMP})(, |: )(.*)", re.DOTALL)
"""A line of Android or iOS: stamp, what follows it (a comma; iOS puts a colon before what nobody said), the rest."""
BRACKETED: Final = re.compile(rf"\[(.{{0,200}}?)\] \[({_TIME})\] ?(.*)", re.DOTALL)
"""A line of Windows: author, time, text."""
DASHED: Final = re.compile(r"-{5,} ?(.{6,60}?) ?-{5,}\s*")
"""A new day on Windows."""
LONE_DAY: Final = re.compile(rf"(?:{_STAMP}|(?:[A-Z][a-z]+,{_S})?(?:{_DAY})(?:{_S}[월화수목금토일]요일)?)\s*")
"""A new day on Android or iOS."""

_HALF_CLOCK: Final = rf"(?:(?:{_HALF}){_S})?\d{{1,2}}:\d\d"
_CLOCK_HALF: Final = rf"\d{{1,2}}:\d\d(?:{_S}?[AaPp][Mm])?"
FAST: Final = tuple(
    re.compile(rf"({day}){between}({clock})(, |: )(.*)", re.DOTALL)
    for day, between, clock in (
        (_KO, " ", _HALF_CLOCK),
        (_DOTS, " ", _HALF_CLOCK),
        (_EN, ", ", _CLOCK_HALF),
    )
)
"""What nearly every line of a file looks like, as one of these; all others are told by `STAMPED`."""

_KO_DAY: Final = re.compile(r"(\d{4})년\s?(\d{1,2})월\s?(\d{1,2})일|(?<!\d)(\d{4}|\d\d)\.\s?(\d{1,2})\.\s?(\d{1,2})\.")
_EN_PARTS: Final = re.compile(r"([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4})|(\d{1,2}) ([A-Z][a-z]{2,8}) (\d{4})")
_CLOCK: Final = re.compile(rf"({_HALF})?{_S}?(\d{{1,2}}):(\d\d)(?::(\d\d))?{_S}?([AaPp][Mm])?")


def day_of(text: str) -> int | None:
    """The day that ``text`` names, in ms; None if it names none that exists."""
    if found := _KO_DAY.search(text):
        year, number, day = found.group(1, 2, 3) if found.group(1) else found.group(4, 5, 6)
        return day_ms(int(year) if len(year) == 4 else 2_000 + int(year), int(number), int(day))
    for found in _EN_PARTS.finditer(text):
        name, day, year = found.group(1, 2, 3) if found.group(1) else found.group(5, 4, 6)
        if month(name):
            return day_ms(int(year), month(name), int(day))
    return None


def clock_of(text: str) -> int | None:
    """The time of day in ms that ``text`` ends or begins with; None if there is no such time."""
    found = _CLOCK.search(text)
    if found is None:
        return None
    half, hour, minute, second, after = found.groups()
    return time_ms(half or after or "", int(hour), int(minute), int(second or 0))


def stamp_of(text: str) -> int | None:
    """The moment that a stamp names, in ms by the wall clock."""
    day, clock = day_of(text), clock_of(text)
    return None if day is None or clock is None else day + clock
