"""How laws are cited to a reader: in the notation of the law's own country, with its title for readers of another.

A test holds the titles to the sources that the taxonomy's files name, which clients do not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from nullabona.words.catalogue import Language, Words, pick

LAWS: Final = Words("laws")


def law_words(citations: Iterable[str], language: Language) -> str:
    """The citations, those of one law together. What cites no known law is left as it is."""
    return ", ".join(_cited(name, list(each), language) for name, each in groupby(citations, law_of))


def law_of(citation: str, names: Iterable[str] = LAWS) -> str:
    """Which of ``names`` is cited: ``형사소송법 제215조``, ``Art. 10 Regulation (EU) 2023/1543``; else nothing."""
    return max((name for name in names if name in (citation, _ends(citation, name))), key=len, default="")


def _ends(citation: str, name: str) -> str:
    return name if citation.startswith(f"{name} ") or citation.endswith(f" {name}") else ""


def _cited(name: str, citations: list[str], language: Language) -> str:
    if not name:
        return ", ".join(citations)
    first, *more = citations
    if first.startswith(name):
        text = ", ".join([first, *(each.removeprefix(name).strip() for each in more)])
    else:  # Europe names the law last
        text = ", ".join([*(each.removesuffix(name).strip() for each in citations)]) + f" {name}"
    title = pick(LAWS[name], language) if name in LAWS else name
    return text if title == name else f"{text} ({title})"
