"""What waits for a second signature: shown in words, confirmed by another officer than the first and the subject."""

from __future__ import annotations

from nullabona.docket.administration import Pending
from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import Visit
from nullabona.docket.core import acts
from nullabona.docket.core.roles import CONFIRMS, DESK, DeskAction


def page(visit: Visit) -> Answer:
    """Everything that waits, with whether this officer may confirm it."""
    found = [(one, sentence(visit, one), _may(visit, one)) for one in visit.house.desk.pending()]
    may_object = bool(visit.roles & DESK[DeskAction.OBJECT])
    return visit.page("confirm.html", waiting=found, may_object=may_object)


def confirm(visit: Visit) -> Answer:
    """Ask for the second signature."""
    try:
        challenge = bytes.fromhex(visit.params["challenge"])
    except ValueError:
        raise FormWrong("this is not the name of something that waits") from None
    proposal = visit.house.desk.propose_confirm(visit.acting, challenge)
    first = next(one for one in visit.house.desk.pending() if one.challenge == challenge)
    what = visit.say("say.confirm", by=first.proposed_by, what=sentence(visit, first))
    saying = Saying(what, then(visit, "confirm"), lines(visit, first), grave=True)
    return ask_desk(visit, proposal, saying, "/confirm", "/confirm")


def object_to(visit: Visit) -> Answer:
    """Ask for the signature under an objection to what is held."""
    try:
        challenge = bytes.fromhex(visit.params["challenge"])
    except ValueError:
        raise FormWrong("this is not the name of something that waits") from None
    details = acts.ObjectDetails(challenge, fields.note(visit.asked.form(), "why", needed=True))
    proposal = visit.house.desk.propose(visit.acting, DeskAction.OBJECT, None, details)
    first = next(one for one in visit.house.desk.pending() if one.challenge == challenge)
    what = visit.say("say.object-key", what=sentence(visit, first))
    saying = Saying(what, then(visit, "object-key"), ((visit.say("form.why"), details.why),), grave=True)
    back = "/confirm" if visit.roles & CONFIRMS[first.action] else "/authenticators"
    return ask_desk(visit, proposal, saying, back, back)


def sentence(visit: Visit, pending: Pending) -> str:
    """What waits, in one sentence."""
    return said_of(visit, pending.action, pending.details)


def said_of(visit: Visit, action: str, details: acts.DeskDetails) -> str:
    """An action on the desk in one sentence."""
    match details:
        case acts.EnrolDetails():
            return visit.say("say.enrol", name=details.name, officer=details.officer)
        case acts.RevokeDetails():
            return visit.say("say.revoke", officer=details.officer)
        case acts.RoleDetails():
            return visit.say(f"say.{action}", officer=details.officer, role=visit.say(f"role.{details.role}"))
        case acts.KeyDetails():
            return visit.say("say.add-key", officer=details.officer, label=details.credential.label)
        case acts.AuthorityDetails():
            return visit.say("say.register-authority", name=details.authority.name, call=details.authority.call_back)
        case acts.OutageDetails():
            return visit.say("say.outage", first=details.first, last=details.last)
        case _:
            return visit.say("say.desk", action=visit.say(f"action.{action}"), detail=getattr(details, "term", ""))


def lines(visit: Visit, pending: Pending) -> tuple[tuple[str, str], ...]:
    """The details that a second pair of eyes has to compare."""
    details = pending.details
    match details:
        case acts.EnrolDetails():
            keys = tuple((one.label, one.key_id) for one in details.credentials)
            return (("age", details.recipient), *keys)
        case acts.KeyDetails():
            return ((details.credential.label, details.credential.key_id),)
        case acts.RevokeDetails():
            return ((visit.say("officers.why"), details.why),)
        case acts.OutageDetails():
            return ((visit.say("record.outage-ko"), details.ko), (visit.say("record.outage-en"), details.en))
        case acts.AuthorityDetails():
            key = details.authority.recipient or visit.say("authorities.recipient-none")
            return ((visit.say("authorities.recipient"), key),)
        case _:
            return ()


def _may(visit: Visit, pending: Pending) -> bool:
    return visit.me not in {pending.proposed_by, pending.subject} and bool(CONFIRMS[pending.action] & visit.roles)
