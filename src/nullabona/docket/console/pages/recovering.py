"""Recovery for an officer who lost every authenticator: two admins vouch, then others may object for a day."""

from __future__ import annotations

from functools import partial
from typing import Final

from nullabona.docket.console.pages.asking import Saying, ask_own
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.session import Recovery, may_second
from nullabona.docket.core.roles import Role, SamePerson

HERE = "/officers"
VOUCHES: Final = frozenset({Role.ADMIN})
OBJECTS: Final = frozenset({Role.ADMIN, Role.COUNSEL})


def begin(context: RequestContext) -> Answer:
    """Ask the first admin to vouch."""
    officer = _officer(context)
    if context.console.store.recovery(officer) is not None:
        raise FormWrong("a recovery of this officer has begun already")
    return _ask(context, "recover", officer, partial(_begin, officer), VOUCHES)


def second(context: RequestContext) -> Answer:
    """Ask the second admin to vouch."""
    officer = _officer(context)
    recovery = _recovery(context, officer)
    if not may_second(recovery, context.me):
        raise SamePerson("another admin must vouch as the second")
    return _ask(context, "recover", officer, partial(_second, officer), VOUCHES)


def object_to(context: RequestContext) -> Answer:
    """Ask for the signature under an objection, which ends the recovery."""
    officer = _officer(context)
    _recovery(context, officer)
    return _ask(context, "object", officer, partial(_end, officer), OBJECTS)


def _begin(officer: str, context: RequestContext) -> str:
    context.console.store.open_recovery(officer, context.me, context.now_s)
    return HERE


def _second(officer: str, context: RequestContext) -> str:
    context.console.store.second_recovery(officer, context.me, context.now_s)
    return HERE


def _end(officer: str, context: RequestContext) -> str:
    context.console.store.drop_recovery(officer)
    return HERE


def _ask(context: RequestContext, action: str, officer: str, do: partial[str], who: frozenset[Role]) -> Answer:
    saying = Saying(context.say(f"say.{action}", officer=officer), (context.say(f"then.{action}.1"),), grave=True)
    return ask_own(context, action, officer, saying, HERE, do, who)


def _officer(context: RequestContext) -> str:
    found = context.desk.staff.officer(context.params["officer"])
    if not found.active:
        raise FormWrong("this officer was revoked")
    if found.id == context.me:
        raise SamePerson("nobody recovers themselves")
    return found.id


def _recovery(context: RequestContext, officer: str) -> Recovery:
    found = context.console.store.recovery(officer)
    if found is None:
        raise FormWrong("there is no recovery of this officer")
    return found
