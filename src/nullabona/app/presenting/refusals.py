"""Refusals in the page's words: in the person's language, without commands for a terminal."""

from __future__ import annotations

from typing import Final

from nullabona.errors import NullabonaError
from nullabona.words.catalogue import Language, Words, pick, translated
from nullabona.words.errors import in_words

REFUSALS: Final = Words("app_refusals")


def said(error: NullabonaError, language: Language) -> tuple[str, str]:
    """The sentence and the hint."""
    own, hint = in_words(error, language)
    known = REFUSALS.get(error.code)
    if known is not None:
        own, hint = translated(REFUSALS, error.code, own, language), pick(known.hint, language)
    return own[:1].upper() + own[1:], hint[:1].upper() + hint[1:]
