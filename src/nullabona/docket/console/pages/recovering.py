"""Letting somebody back in who lost every authenticator: two admins vouch, a day passes, anybody may object."""

from __future__ import annotations

from functools import partial
from typing import Final

from nullabona.docket.console.pages.asking import Saying, ask_own
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import Visit
from nullabona.docket.console.rules.session import Recovery, may_second
from nullabona.docket.core.roles import Role, SamePerson

HERE = "/officers"
VOUCHES: Final = frozenset({Role.ADMIN})
OBJECTS: Final = frozenset({Role.ADMIN, Role.COUNSEL})


def begin(visit: Visit) -> Answer:
    """Ask the first admin to vouch."""
    officer = _officer(visit)
    if visit.house.store.recovery(officer) is not None:
        raise FormWrong("a recovery of this officer has begun already")
    return _ask(visit, "recover", officer, partial(_begin, officer), VOUCHES)


def second(visit: Visit) -> Answer:
    """Ask the second admin to vouch."""
    officer = _officer(visit)
    recovery = _recovery(visit, officer)
    if not may_second(recovery, visit.me):
        raise SamePerson("another admin must vouch as the second")
    return _ask(visit, "recover", officer, partial(_second, officer), VOUCHES)


def object_to(visit: Visit) -> Answer:
    """Ask for the signature under an objection, which ends the recovery."""
    officer = _officer(visit)
    _recovery(visit, officer)
    return _ask(visit, "object", officer, partial(_end, officer), OBJECTS)


def _begin(officer: str, visit: Visit) -> str:
    visit.house.store.open_recovery(officer, visit.me, visit.now_s)
    return HERE


def _second(officer: str, visit: Visit) -> str:
    visit.house.store.second_recovery(officer, visit.me, visit.now_s)
    return HERE


def _end(officer: str, visit: Visit) -> str:
    visit.house.store.drop_recovery(officer)
    return HERE


def _ask(visit: Visit, action: str, officer: str, do: partial[str], who: frozenset[Role]) -> Answer:
    saying = Saying(visit.say(f"say.{action}", officer=officer), (visit.say(f"then.{action}.1"),), grave=True)
    return ask_own(visit, action, officer, saying, HERE, do, who)


def _officer(visit: Visit) -> str:
    found = visit.house.desk.officer(visit.params["officer"])
    if not found.active:
        raise FormWrong("this officer was revoked")
    if found.id == visit.me:
        raise SamePerson("nobody recovers themselves")
    return found.id


def _recovery(visit: Visit, officer: str) -> Recovery:
    found = visit.house.store.recovery(officer)
    if found is None:
        raise FormWrong("there is no recovery of this officer")
    return found
