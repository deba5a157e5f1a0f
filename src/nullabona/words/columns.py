"""Text in the columns of a terminal, which gives a syllable of Hangul two of them."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """How many columns ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def pad(text: str, columns: int) -> str:
    """``text`` filled up with blanks to ``columns``."""
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most ``columns``, broken between words only; one longer word gets a line alone."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(lines[-1]) + 1 + width(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
