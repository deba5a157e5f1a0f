"""Every sentence of the console; the templates hold none of their own."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Language, Words, pick

_AREAS: Final = ("frame", "passkeys", "cases", "acts", "officers", "terms")
SENTENCES: Final = Words(*(f"console_{area}" for area in _AREAS))
say: Final = SENTENCES.say


def term(kind: str, name: str, language: Language) -> str:
    """The word for a name that comes from data, a gate of the taxonomy for one; its own letters if there is none."""
    found = SENTENCES.get(f"{kind}.{name}")
    return pick(found, language) if found is not None else name.replace("_", " ")
