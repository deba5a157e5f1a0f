"""Sentences in both languages at once: a report is read by people in either, and by programs in both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from nullabona.words.catalogue import LANGUAGES, Bilingual, Language, Words, pick


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence of the catalogue with its values, in both languages."""

    ko: str
    en: str

    def __str__(self) -> str:
        return self.en

    def in_(self, language: Language) -> str:
        """The sentence in ``language``."""
        return pick(self, language)

    def with_list(self, what: str) -> Text:
        """The sentence followed by what was found, if anything was."""
        return _say("with-found", text=self, found=what) if what else self

    def because(self, why: Text) -> Text:
        """The sentence with a reason behind it."""
        return _say("with-reason", text=self, why=why)

    def both(self) -> dict[str, str]:
        """The sentence for a machine: both languages."""
        return {"en": self.en, "ko": self.ko}


class Sentences:
    """The sentences of an area of the catalogue. A value that is bilingual itself is said in each language."""

    def __init__(self, area: str) -> None:
        self._words = Words(area)

    def __call__(self, key: str, /, **values: object) -> Text:
        return Text(*(self._words.say(key, language, **_in(values, language)) for language in LANGUAGES))


def _in(values: dict[str, object], language: Language) -> dict[str, object]:
    return {name: pick(one, language) if _is_bilingual(one) else one for name, one in values.items()}  # type: ignore[arg-type]


def _is_bilingual(value: object) -> bool:
    return hasattr(value, "ko") and hasattr(value, "en")


def as_it_is(text: str) -> Text:
    """Names, numbers and codes, which are the same in both languages."""
    return Text(text, text)


def or_nothing(found: str) -> Text:
    """What was found, or that nothing was."""
    return as_it_is(found) if found else _say("nothing")


def joined(mark: str, texts: Iterable[Bilingual]) -> Text:
    """Texts with a mark between them."""
    texts = list(texts)
    return Text(*(mark.join(pick(text, language) for text in texts) for language in LANGUAGES))


_say: Final = Sentences("drill_reporting")
Tell: TypeAlias = Callable[[Text], None]
"""Who is told, while a drill is played, what happens in it."""
