"""Warnings by code: what the app and the command line say without being asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from nullabona.words.catalogue import Language, Words, pick

Level: TypeAlias = Literal["news", "warning", "grave"]

WARNINGS: Final = Words("warnings")
"""By code. Values in braces come with the warning."""
GRAVE: Final = frozenset({
    "docket-forked", "docket-rolled-back", "docket-unproven", "operator-notice-unwitnessed",
    "not-witnessed", "log-forked", "log-rolled-back", "log-replaced", "card-not-in-log", "foreign-entry",
    "digests-contradict", "promise-broken", "promise-invalid", "keys-unproven", "card-refuted", "signed-out",
})  # fmt: skip
"""Somebody lies: these stay until the person dismisses them."""
NEWS: Final = frozenset({
    "history-whole", "relay-moved", "room-forked", "card-promised", "relay-lost-box", "card-not-found",
    "card-from-before", "cards-lost", "keys-changed", "unreachable", "timed-out", "unregistered",
})  # fmt: skip
"""Good or ordinary news: the person need do nothing."""
_UNREACHED: Final = frozenset({"unreachable", "timed-out"})


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def warning_words(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    found = WARNINGS.get(code, WARNINGS["other"])
    known = _Known({"code": code} | {key: str(value) for key, value in values.items()})
    return pick(found, language).format_map(known), pick(found.hint, language).format_map(known)


def level_of(code: str) -> Level:
    """How urgent a warning is."""
    return "grave" if code in GRAVE else "news" if code in NEWS else "warning"


def as_met(code: str, *, published: bool) -> str:
    """The code to show. A relay out of reach means more to an account that is not published yet."""
    return "unregistered" if code in _UNREACHED and not published else code
