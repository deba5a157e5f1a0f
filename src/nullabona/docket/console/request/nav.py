"""What stands in the navigation of an officer: only pages that their roles open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.docket.core.roles import CONFIRMS, READERS, Role

ANY: Final = frozenset(Role)
CONFIRMERS: Final = frozenset(role for roles in CONFIRMS.values() for role in roles)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: where it leads, what it is called, which key leads there."""

    path: str
    word: str
    key: str
    roles: frozenset[Role] = ANY


ENTRIES: Final = (
    Entry("/", "nav.queue", "d", READERS),
    Entry("/intake", "nav.intake", "i", frozenset({Role.INTAKE})),
    Entry("/cases", "nav.cases", "c", READERS),
    Entry("/confirm", "nav.confirm", "w", CONFIRMERS),
    Entry("/authorities", "nav.authorities", "a", READERS),
    Entry("/record", "nav.record", "r", ANY),
    Entry("/journal", "nav.audit", "j", frozenset({Role.AUDITOR, Role.COUNSEL})),
    Entry("/officers", "nav.officers", "o", frozenset({Role.ADMIN, Role.COUNSEL})),
    Entry("/authenticators", "nav.own", "k", ANY),
)


def entries(roles: frozenset[Role], *, few: bool = False) -> tuple[Entry, ...]:
    """What an officer sees; nothing but their authenticators while they have too ``few``."""
    if few:
        return tuple(entry for entry in ENTRIES if entry.path == "/authenticators")
    return tuple(entry for entry in ENTRIES if entry.roles & roles)
