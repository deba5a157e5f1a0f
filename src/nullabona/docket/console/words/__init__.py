"""Every sentence of the console, in Korean and English; the templates hold none of their own."""

from __future__ import annotations

from typing import Final

from nullabona.docket.console.words import actions, cases, doors, frame, officers, terms

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    **frame.SENTENCES,
    **doors.SENTENCES,
    **cases.SENTENCES,
    **actions.SENTENCES,
    **officers.SENTENCES,
    **terms.SENTENCES,
}
"""key → (English, Korean)."""


def say(key: str, language: str, **values: object) -> str:
    """The sentence for ``key``. A key that is not there is a mistake of ours and raises `KeyError`."""
    return SENTENCES[key][language == "ko"].format(**values)


def term(kind: str, name: str, language: str) -> str:
    """The word for a name that comes from data, a gate of the taxonomy for one; its own letters if there is none."""
    found = SENTENCES.get(f"{kind}.{name}")
    return found[language == "ko"] if found is not None else name.replace("_", " ")
