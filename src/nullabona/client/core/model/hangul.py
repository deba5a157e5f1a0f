"""Finding names as Koreans type them: by their first consonants (초성), by syllables, or by a mixture. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
_PER_INITIAL: Final = 588
_PER_VOWEL: Final = 28


def fold(text: str) -> str:
    """``text`` without case and width, and without spaces."""
    return "".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFC", text)).casefold().split())


def matches_name(query: str, name: str) -> bool:
    """Whether ``query`` fits anywhere in ``name``. A consonant stands for every syllable that begins with it.

    The last syllable of the query may lack its final consonant (``기`` finds ``김``). An empty query fits nothing.
    """
    wanted, given = _with_consonants(query), _with_consonants(name)
    if not wanted:
        return False
    last = len(wanted) - 1
    return any(
        all(_fits(char, given[start + place], last=place == last) for place, char in enumerate(wanted))
        for start in range(len(given) - last)
    )


def _with_consonants(text: str) -> str:
    """As `fold`, but consonants stay what was typed: NFKC would take them for parts of syllables."""
    return "".join(char if char in _INITIALS else fold(char) for char in unicodedata.normalize("NFC", text))


def _fits(wanted: str, given: str, *, last: bool) -> bool:
    if wanted == given:
        return True
    code = ord(given)
    if not _FIRST <= code <= _LAST:
        return False
    if wanted in _INITIALS:
        return _INITIALS[(code - _FIRST) // _PER_INITIAL] == wanted
    offset = ord(wanted) - _FIRST
    unfinished = last and 0 <= offset <= _LAST - _FIRST and offset % _PER_VOWEL == 0
    return unfinished and offset <= code - _FIRST < offset + _PER_VOWEL
