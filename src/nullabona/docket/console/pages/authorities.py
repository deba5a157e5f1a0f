"""The registry of authorities, with call-back contacts that the desk itself established."""

from __future__ import annotations

from typing import get_args

import msgspec

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.pages.confirming import waiting_of
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.acts import AuthorityDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority
from nullabona.docket.core.roles import DESK, DeskAction
from nullabona.wire.demands import Branch
from nullabona.words.catalogue import pick
from nullabona.words.demands import BRANCH


def page(context: RequestContext) -> Answer:
    """The registry, and the form to add to it for officers who may."""
    may = bool(context.roles & DESK[DeskAction.REGISTER_AUTHORITY])
    waiting = waiting_of(context, DeskAction.REGISTER_AUTHORITY)
    branches = {one: pick(BRANCH[one], context.display.language) for one in get_args(Branch)}
    return context.page(
        "authorities.html", authorities=context.desk.staff.authorities(), may=may, waiting=waiting, branches=branches
    )


def register(context: RequestContext) -> Answer:
    """Ask for the first signature under an entry."""
    form = context.asked.form()
    try:
        authority = msgspec.convert(
            {
                "id": fields.line(form, "id", longest=32),
                "name": fields.line(form, "name"),
                "jurisdiction": fields.choice(form, "jurisdiction", ("KR", "US", "EU")),
                "call_back": fields.line(form, "call"),
                "verified_day": context.now_s // DAY,
                "verified_by": context.me,
                "branch": fields.choice(form, "branch", get_args(Branch)),
                "recipient": fields.line(form, "recipient", needed=False),
            },
            Authority,
        )
    except msgspec.ValidationError:
        raise FormWrong(
            "a short name has 2 to 32 small letters, digits and hyphens; a key begins with age1 or is left out"
        ) from None
    proposal = context.desk.propose(context.acting, DeskAction.REGISTER_AUTHORITY, None, AuthorityDetails(authority))
    what = context.say("say.register-authority", name=authority.name, call=authority.call_back)
    details = (
        (context.say("authorities.id"), authority.id),
        (context.say("authorities.jurisdiction"), context.say(f"jurisdiction.{authority.jurisdiction}")),
        (context.say("authorities.branch"), pick(BRANCH[authority.branch], context.display.language)),
        (context.say("authorities.recipient"), authority.recipient or context.say("authorities.recipient-none")),
    )
    saying = Saying(what, then(context, "register-authority"), details)
    return ask_desk(context, proposal, saying, "/authorities", "/authorities")
