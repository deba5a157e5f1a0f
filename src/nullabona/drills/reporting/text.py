"""Sentences in English and Korean, and which of the two a person reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nullabona.words.catalogue import Language, pick


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence, in both languages."""

    en: str
    ko: str

    def __str__(self) -> str:
        return self.en

    def in_(self, language: Language) -> str:
        """The sentence in ``language``."""
        return pick(self, language)

    def with_list(self, what: str) -> Text:
        """The sentence followed by what was found, if anything was."""
        return Text(f"{self.en} FOUND: {what}", f"{self.ko} 발견됨: {what}") if what else self

    def because(self, why: Text) -> Text:
        """The sentence with a reason behind it."""
        return Text(f"{self.en} ({why.en})", f"{self.ko} ({why.ko})")

    def both(self) -> dict[str, str]:
        """The sentence for a machine: both languages."""
        return {"en": self.en, "ko": self.ko}


Tell: TypeAlias = Callable[[Text], None]
"""Who is told, while a drill is played, what happens in it."""
