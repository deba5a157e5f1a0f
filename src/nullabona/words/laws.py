"""What the short names of laws mean, in both languages. The rows of the taxonomy cite laws by them.

A test holds this to the sources that the taxonomy's files name, which clients do not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from nullabona.words.catalogue import Language, Words, pick

LAWS: Final = Words("laws")


def law_words(citations: Iterable[str], language: Language) -> str:
    """Citations by the title of their law and its short name; one that is not known is left as it is."""
    return ", ".join(_told(short, list(places), language) for short, places in groupby(citations, _short))


def _short(citation: str) -> str:
    """The short name that it begins with; none if no law is known by it."""
    return max((name for name in LAWS if citation == name or citation.startswith(f"{name} ")), key=len, default="")


def _told(short: str, citations: list[str], language: Language) -> str:
    if not short:
        return ", ".join(citations)
    title = pick(LAWS[short], language)
    places = ", ".join(place for each in citations if (place := each[len(short) :].strip()))
    return f"{title} {places} ({short})" if places else f"{title} ({short})"
