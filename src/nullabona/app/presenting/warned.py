"""Warnings in the page's words: the usual ones, but without hints that name a terminal command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.catalogue import Language, Words
from nullabona.words.warnings import warning_words

HINTS: Final = Words("app_warnings")


def warned(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    sentence, hint = warning_words(code, language, values)
    return sentence, HINTS.say(code, language) if code in HINTS else hint
