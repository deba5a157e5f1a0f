"""Attackers on what roles see. Each takes a `RoleSeen` and how many accounts there are, and gives pairs of accounts.

An attacker that finds nothing to work on guesses nothing. `ATTACKS` says which work on what; `guesses` lets all of them
guess that see any of the roles that they need. Only an operator with two roles can match what passes at both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bench.leakage.attackers.asked import by_look_ups
from bench.leakage.cells.attackers import at_directory, at_ingress, at_relay, matching
from bench.leakage.guess import Pairs
from bench.leakage.role_views import RoleSeen
from bench.leakage.trace import NOBODY, Role
from bench.leakage.views import Seen, View

Attack = Callable[[RoleSeen, int], Pairs]
Known = dict[tuple[str, bool, tuple[int, int] | None], Pairs]


@dataclass(frozen=True, slots=True)
class Needs:
    """An attacker, and the roles without which it sees nothing."""

    attack: Attack
    roles: frozenset[Role]


def look_ups_after_requests(seen: RoleSeen, accounts: int) -> Pairs:  # noqa: ARG001 - an attacker's signature
    """See `by_look_ups`: who asks the record who it is that asked."""
    events = seen.events.copy()
    events["who"] = NOBODY
    return by_look_ups(Seen(View.DIRECTORY, events, seen.directory, rooms_move=True))


def _at(attack: Attack, *roles: Role) -> Needs:
    return Needs(attack, frozenset(roles))


HOMES: Final = "shared homes"
ATTACKS: Final[Mapping[str, Needs]] = MappingProxyType(
    {
        "same seconds": _at(at_ingress.same_seconds, Role.INGRESS),
        "two alone": _at(at_ingress.two_alone, Role.INGRESS),
        "same minutes": _at(at_ingress.same_minutes, Role.INGRESS),
        "co-starts": _at(at_ingress.co_starts, Role.INGRESS),
        "long intersection": _at(at_ingress.long_intersection, Role.INGRESS),
        "on and off": _at(at_ingress.on_and_off, Role.INGRESS),
        HOMES: _at(at_ingress.shared_homes, Role.INGRESS),
        "request counts": _at(at_relay.request_counts, Role.RELAY),
        "presence": _at(at_relay.presence, Role.RELAY),
        "rhythm": _at(at_relay.rhythm, Role.RELAY),
        "signs of presence": _at(at_relay.signs, Role.RELAY),
        "signs and look-ups": _at(at_relay.signs_and_look_ups, Role.RELAY, Role.DIRECTORY),
        "own look-ups together": _at(at_directory.own_together, Role.DIRECTORY),
        "asked together": _at(at_directory.asked_together, Role.DIRECTORY),
        "look-ups after requests": _at(look_ups_after_requests, Role.RELAY, Role.DIRECTORY),
        "matched boxes": _at(matching.boxes, Role.RELAY),
        "matched look-ups": _at(matching.look_ups, Role.DIRECTORY),
    }
)


def guesses(seen: RoleSeen, accounts: int, known: Known | None = None) -> dict[str, Pairs]:
    """What each attacker says that has the roles it needs. ``known``: what it said of the same events in other views;
    it looks at its own roles only, and at an ingress if there is one.
    """
    known = {} if known is None else known
    found = {}
    for name, its in ATTACKS.items():
        if its.roles <= seen.view.roles:
            key = name, Role.INGRESS in seen.view.roles, seen.view.share
            if key not in known:
                known[key] = its.attack(seen, accounts)
            found[name] = known[key]
    return found
