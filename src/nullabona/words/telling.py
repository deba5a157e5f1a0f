"""What a person is told unasked: warnings by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from nullabona.words.catalogue import Language, Words, pick

Level: TypeAlias = Literal["news", "warning", "grave"]

WARNINGS: Final = Words("warnings")
"""By code; what stands in braces comes with the warning."""
GRAVE: Final = frozenset({
    "docket-forked", "docket-rolled-back", "docket-unproven", "operator-notice-unwitnessed",
    "not-witnessed", "log-forked", "log-rolled-back", "log-replaced", "card-not-in-log", "foreign-entry",
    "promise-broken", "promise-invalid", "card-refuted", "signed-out",
})  # fmt: skip
"""Warnings that stay until the person has put them away: somebody lies."""
NEWS: Final = frozenset({
    "history-whole", "relay-moved", "room-forked", "card-promised", "relay-lost-box", "card-not-found",
    "card-from-before", "unreachable", "timed-out", "unregistered",
})  # fmt: skip
"""Good or ordinary: nothing for the person to do."""
_UNREACHED: Final = frozenset({"unreachable", "timed-out"})


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def told(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    found = WARNINGS.get(code, WARNINGS["other"])
    known = _Known({"code": code} | {key: str(value) for key, value in values.items()})
    return pick(found, language).format_map(known), pick(found.hint, language).format_map(known)


def level_of(code: str) -> Level:
    """How loudly a warning is told."""
    return "grave" if code in GRAVE else "news" if code in NEWS else "warning"


def met(code: str, *, published: bool) -> str:
    """The code of what it means to the person: a relay out of reach is more to an account that is not published yet."""
    return "unregistered" if code in _UNREACHED and not published else code
