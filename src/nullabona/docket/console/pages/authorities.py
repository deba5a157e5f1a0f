"""The registry of authorities: how each is called back, by what the desk itself found out."""

from __future__ import annotations

import msgspec

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import Visit
from nullabona.docket.core.acts import AuthorityDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority
from nullabona.docket.core.roles import DESK, DeskAction


def page(visit: Visit) -> Answer:
    """The registry, and a form for who may add to it."""
    may = bool(visit.roles & DESK[DeskAction.REGISTER_AUTHORITY])
    return visit.page("authorities.html", authorities=visit.house.desk.authorities(), may=may)


def register(visit: Visit) -> Answer:
    """Ask for the first signature under an entry."""
    form = visit.asked.form()
    try:
        authority = msgspec.convert(
            {
                "id": fields.line(form, "id", longest=32),
                "name": fields.line(form, "name"),
                "jurisdiction": fields.choice(form, "jurisdiction", ("KR", "US", "EU")),
                "call_back": fields.line(form, "call"),
                "verified_day": visit.now_s // DAY,
                "verified_by": visit.me,
                "recipient": fields.line(form, "recipient", needed=False),
            },
            Authority,
        )
    except msgspec.ValidationError:
        raise FormWrong(
            "a short name has 2 to 32 small letters, digits and hyphens; a key begins with age1 or is left out"
        ) from None
    proposal = visit.house.desk.propose(visit.acting, DeskAction.REGISTER_AUTHORITY, None, AuthorityDetails(authority))
    what = visit.say("say.register-authority", name=authority.name, call=authority.call_back)
    details = (
        (visit.say("authorities.id"), authority.id),
        (visit.say("authorities.jurisdiction"), visit.say(f"jurisdiction.{authority.jurisdiction}")),
        (visit.say("authorities.recipient"), authority.recipient or visit.say("authorities.recipient-none")),
    )
    saying = Saying(what, then(visit, "register-authority"), details)
    return ask_desk(visit, proposal, saying, "/authorities", "/authorities")
