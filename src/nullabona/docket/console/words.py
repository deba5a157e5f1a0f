"""Every sentence of the console; the templates hold none."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Language, Words, pick

_AREAS: Final = ("frame", "passkeys", "cases", "acts", "officers", "terms")
SENTENCES: Final = Words(*(f"console_{area}" for area in _AREAS), "demands")
"""The words of demands are those of letters and notices: officers read what the authority and the person will read."""
say: Final = SENTENCES.say


def term(kind: str, name: str, language: Language) -> str:
    """The word for a name from data, such as a gate of the taxonomy; the name itself if there is no word."""
    found = SENTENCES.get(f"{kind}.{name}")
    return pick(found, language) if found is not None else name.replace("_", " ")
