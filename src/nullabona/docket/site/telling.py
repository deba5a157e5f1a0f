"""How values become words on a page: sentences, days, times, numbers, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from nullabona.docket.production.classes import FIELDS
from nullabona.docket.site.publication import Interval
from nullabona.wire.demands import DataClass
from nullabona.words.catalogue import Bilingual, Language, Words, pick
from nullabona.words.dates import date_words, half_words
from nullabona.words.laws import law_words

WORDS: Final = Words("site")


@dataclass(frozen=True, slots=True)
class Teller:
    """Says things in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence ``key`` with its values; a key that is not there is a fault of the template."""
        return WORDS.say(key, self.language, **values)

    def laws(self, citations: Iterable[str]) -> str:
        """Citations in their own country's notation, with titles for readers of another language."""
        return law_words(citations, self.language)

    def pick(self, label: Bilingual) -> str:
        """A label in this language."""
        return pick(label, self.language)

    def number(self, value: int) -> str:
        """``1,234``."""
        return f"{value:,}"

    def counted(self, value: int | None) -> str:
        """A figure, or that nobody counted it."""
        return self("figures.not_counted") if value is None else self.number(value)

    def period(self, seconds: int) -> str:
        """How often something happens, in the largest unit that is whole."""
        if seconds and seconds % 3_600 == 0:
            return self("log.every_hours", count=self.number(seconds // 3_600))
        if seconds and seconds % 60 == 0:
            return self("log.every_minutes", count=self.number(seconds // 60))
        return self("log.every_seconds", count=self.number(seconds))

    def day(self, number: int) -> str:
        """A number of days since 1970-01-01 as a date."""
        return self.date(datetime.fromtimestamp(number * 86_400, UTC).date())

    def date(self, value: date) -> str:
        """``2026년 10월 2일`` or ``2 October 2026``."""
        return date_words(value, self.language)

    def moment(self, at_s: int) -> str:
        """A date with the minute, in UTC."""
        at = datetime.fromtimestamp(at_s, UTC)
        return f"{self.date(at.date())} {at:%H:%M} UTC"

    def half(self, half: str) -> str:
        """``2026년 하반기`` or ``2026 H2``; a year as it is."""
        return half_words(half, self.language)

    def interval(self, band: Interval) -> str:
        """``0~999`` or ``0–999``."""
        return self("figures.between", low=self.number(band.low), high=self.number(band.high))

    def held(self, data_class: DataClass) -> str:
        """What the answer to a class comes to at most."""
        return "produced" if data_class in FIELDS else "not_held"

    def duration(self, iso: str) -> str:
        """A duration of the taxonomy."""
        return self(f"duration.{iso}")
