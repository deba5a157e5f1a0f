"""Proposals that wait for a second signature, which neither the first officer nor the subject may give."""

from __future__ import annotations

from nullabona.docket.administration import Pending
from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core import acts
from nullabona.docket.core.deputies import DeputyDetails, EndDeputyDetails
from nullabona.docket.core.roles import CONFIRMS, DESK, STAFF, DeskAction
from nullabona.docket.keeping.staff import people_of


def page(context: RequestContext) -> Answer:
    """Every waiting proposal, with whether this officer may confirm it."""
    found = [(one, sentence(context, one), _may(context, one)) for one in context.desk.pending()]
    may_object = bool(context.roles & DESK[DeskAction.OBJECT])
    return context.page("confirm.html", waiting=found, may_object=may_object)


def confirm(context: RequestContext) -> Answer:
    """Ask for the second signature."""
    try:
        challenge = bytes.fromhex(context.params["challenge"])
    except ValueError:
        raise FormWrong("this is not the name of something that waits") from None
    proposal = context.desk.propose_confirm(context.acting, challenge)
    first = next(one for one in context.desk.pending() if one.challenge == challenge)
    what = context.say("say.confirm", by=first.proposed_by, what=sentence(context, first))
    saying = Saying(what, then(context, "confirm"), lines(context, first), grave=True)
    return ask_desk(context, proposal, saying, "/confirm", "/confirm")


def object_to(context: RequestContext) -> Answer:
    """Ask for the signature under an objection to a held proposal."""
    try:
        challenge = bytes.fromhex(context.params["challenge"])
    except ValueError:
        raise FormWrong("this is not the name of something that waits") from None
    details = acts.ObjectDetails(challenge, fields.note(context.asked.form(), "why", needed=True))
    proposal = context.desk.propose(context.acting, DeskAction.OBJECT, None, details)
    first = next(one for one in context.desk.pending() if one.challenge == challenge)
    what = context.say("say.object-key", what=sentence(context, first))
    saying = Saying(what, then(context, "object-key"), ((context.say("form.why"), details.why),), grave=True)
    back = "/confirm" if context.roles & CONFIRMS[first.action] else "/authenticators"
    return ask_desk(context, proposal, saying, back, back)


def sentence(context: RequestContext, pending: Pending) -> str:
    """A waiting proposal, in one sentence."""
    return said_of(context, pending.action, pending.details)


def said_of(context: RequestContext, action: str, details: acts.DeskDetails) -> str:
    """An action on the desk in one sentence."""
    values: dict[str, object]
    match details:
        case acts.EnrolDetails():
            values = {"name": details.name, "officer": details.officer}
        case acts.RevokeDetails():
            values = {"officer": details.officer}
        case acts.RoleDetails():
            values = {"officer": details.officer, "role": context.say(f"role.{details.role}")}
        case acts.KeyDetails():
            values = {"officer": details.officer, "label": details.credential.label}
        case acts.AuthorityDetails():
            values = {"name": details.authority.name, "call": details.authority.call_back}
        case DeputyDetails():
            span = {"since": context.when(details.from_s), "until": context.when(details.until_s)}
            values = {"officer": details.officer, "absent": details.absent, **span}
        case EndDeputyDetails():
            values = {"officer": details.officer, "absent": details.absent}
        case acts.OutageDetails():
            values = {"first": details.first, "last": details.last}
        case acts.SignOffDetails():
            values = {"instrument": details.instrument, "source": details.source}
        case _:
            return context.say("say.desk", action=context.say(f"action.{action}"), detail=getattr(details, "term", ""))
    return context.say(f"say.{action}", **values)


def waiting_of(context: RequestContext, *actions: DeskAction) -> list[tuple[str, str]]:
    """Proposals of these actions with one signature, as (sentence, who may add the second)."""
    return [
        (sentence(context, one), ", ".join(context.say(f"role.{role}") for role in sorted(CONFIRMS[one.action])))
        for one in context.desk.pending()
        if one.action in actions
    ]


def lines(context: RequestContext, pending: Pending) -> tuple[tuple[str, str], ...]:
    """The details that the second officer has to compare."""
    details = pending.details
    match details:
        case acts.EnrolDetails():
            keys = tuple((one.label, one.key_id) for one in details.credentials)
            return (("age", details.recipient), *keys)
        case acts.KeyDetails():
            return ((details.credential.label, details.credential.key_id),)
        case acts.RevokeDetails():
            return ((context.say("officers.why"), details.why),)
        case acts.OutageDetails():
            return ((context.say("record.outage-ko"), details.ko), (context.say("record.outage-en"), details.en))
        case acts.SignOffDetails():
            return sign_off_lines(context, details)
        case acts.AuthorityDetails():
            key = details.authority.recipient or context.say("authorities.recipient-none")
            return ((context.say("authorities.recipient"), key),)
        case _:
            return ()


def sign_off_lines(context: RequestContext, details: acts.SignOffDetails) -> tuple[tuple[str, str], ...]:
    """What the row says that both answer for."""
    row = context.desk.taxonomy.starting(details.instrument, details.valid_from)
    if row is None:
        return ()
    doubts = ", ".join(context.say(f"row_field.{name}") for name in row.counsel)
    said = (
        ("case.law", ", ".join(row.law)),
        ("case.gates", ", ".join(context.say(f"gate.{name}") for name in row.gates)),
        ("case.notice", context.say(f"notice.{row.notice}")),
        ("case.public", context.say(f"item.{row.item}")),
        ("laws.doubt", doubts),
        ("laws.source", details.source),
    )
    return (*((context.say(name), text) for name, text in said if text), ("SHA-256", details.row.hex()))


def _may(context: RequestContext, pending: Pending) -> bool:
    # Nobody decides about the staff for somebody else.
    roles = frozenset(context.signed_in[1].roles) if pending.action in STAFF else context.roles
    return context.me not in {pending.proposed_by, *people_of(pending.details)} and bool(
        CONFIRMS[pending.action] & roles
    )
