"""Makes text from outside safe to show: invisible and direction-changing characters appear as their code."""

from __future__ import annotations

import unicodedata
from typing import Final

_MARKS: Final = 4
"""Most combining marks shown on one character; more would cover the lines above."""
_KEPT: Final = frozenset("\n")
_JOINERS: Final = frozenset("\u200c\u200d")


def visible(text: str) -> str:
    """``text`` with control, format and lone characters as ``⟨U+202E⟩``. Line breaks stay; HTML is escaped later."""
    shown: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if character in _KEPT or (character in _JOINERS and shown):
            shown.append(character)
        elif category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            shown.append(f"⟨U+{ord(character):04X}⟩")
        elif marks <= _MARKS:
            shown.append(character)
    return "".join(shown)


def typed(text: str, longest: int) -> str:
    """A line that an officer typed: composed, trimmed, cut; invisible characters are dropped."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    kept = "".join(
        c for c in composed if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} or c in _JOINERS
    )
    return kept.strip()[:longest]
