"""Sentences for lines of other messengers' exports that stand for something the export does not have."""

from __future__ import annotations

from typing import Final, Protocol

from nullabona.words.catalogue import Language, Words

_IMPORTED: Final = Words("imported")
_SEVERAL: Final = {"photo": "photos", "video": "videos"}


class Missing(Protocol):
    """As `nullabona.client.api.MissingInfo`."""

    @property
    def what(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def caption(self) -> str: ...
    @property
    def count(self) -> int: ...


def missing_words(missing: Missing, language: Language) -> str:
    """In brackets what it was, how many, and the file's name; behind them what was said beside it."""
    key = _SEVERAL.get(missing.what, missing.what) if missing.count > 1 else missing.what
    label = _IMPORTED.say(key, language, count=missing.count)
    named = f"{label}: {missing.name}" if missing.name else label
    return f"[{named}] {missing.caption}".rstrip()
