"""Search results."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.app.presenting.text import clean


def parts(snippet: str, matches: Sequence[tuple[int, int]]) -> list[str]:
    """The snippet in pieces that alternate plain and matching, plain first."""
    out: list[str] = []
    at = 0
    for start, end in matches:
        out += [clean(snippet[at:start]), clean(snippet[start:end])]
        at = end
    return [*out, clean(snippet[at:])]
