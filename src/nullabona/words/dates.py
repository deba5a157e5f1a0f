"""Days and half-years, written out in both languages, whatever the machine's locale."""

from __future__ import annotations

from datetime import date
from typing import Final

from nullabona.words.catalogue import Language, Words

DATES: Final = Words("dates")


def date_words(value: date, language: Language) -> str:
    """``2026년 10월 2일`` or ``2 October 2026``."""
    month = DATES.say(f"month-{value.month}", language)
    return DATES.say("date", language, year=value.year, month=month, day=value.day)


def half_words(half: str, language: Language) -> str:
    """``2026-H2`` as ``2026년 하반기`` or ``2026 H2``; anything else as it is."""
    year, dash, part = half.rpartition("-H")
    if not dash or not year.isdigit() or part not in {"1", "2"}:
        return half
    return DATES.say(f"half-{part}", language, year=year)
