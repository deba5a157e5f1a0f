"""Actions on a case: each form becomes a proposal of the desk, and the officer signs exactly that proposal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, get_args

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.pages.notice_text import notice_lines
from nullabona.docket.console.pages.standing import WHO, kept_apart
from nullabona.docket.console.passkeys.refusals import PasskeyRefused
from nullabona.docket.console.passkeys.webauthn import read_assertion
from nullabona.docket.console.request.answers import Answer, as_json
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.words import SENTENCES
from nullabona.docket.core.acts import ASKS, HandOverDetails, stated
from nullabona.docket.core.records import CaseView, ClassAnswer, Decision
from nullabona.docket.core.roles import SamePerson
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Proposal
from nullabona.wire import demands

__all__ = ["ACTIONS", "WHO", "sign"]

Lines = tuple[tuple[str, str], ...]
Proposed = tuple[Proposal, Lines, dict[str, object]]
"""The proposal to sign, its details in words, and the values of its sentence besides the case's number."""
Propose = Callable[[RequestContext, bytes, CaseView], Proposed]


def sign(context: RequestContext) -> Answer:
    """Carry out the pending action, with the signature that the page's script sends."""
    session, _ = context.signed_in
    credential = context.asked.json().get("credential")
    if not isinstance(credential, dict):
        raise PasskeyRefused("what the browser sent is no assertion")
    assertion = read_assertion(credential)
    pending = context.console.sessions.take(session, assertion.challenge, context.now_s)
    return as_json({"go": pending.carry_out(context, assertion)})


def _ask(action: Action, propose: Propose, context: RequestContext) -> Answer:
    case, view = _looked_at(action, context)
    return _page(action, context, case, view, propose(context, case, view))


async def _ask_to_decide(context: RequestContext) -> Answer:
    """As for other actions, but the package is made first, on another thread."""
    case, view = _looked_at(Action.DECIDE, context)
    desk, decision = context.desk, read_decision(context.asked.form(), view)
    order = desk.order(context.acting, case, decision)
    made = await context.console.aside(lambda: desk.make(order))
    proposal = desk.propose_decision(context.acting, case, decision, made)
    words: dict[str, object] = {"outcome": context.say(f"outcome.{decision.outcome}")}
    return _page(Action.DECIDE, context, case, view, (proposal, decision_lines(context, decision), words))


def _looked_at(action: Action, context: RequestContext) -> tuple[bytes, CaseView]:
    case = fields.case_id(context.params["case"])
    view = context.desk.show(context.acting, case)
    if kept_apart(view, context.me, action):
        raise SamePerson("you did an earlier step of this case")
    return case, view


def _page(action: Action, context: RequestContext, case: bytes, view: CaseView, proposed: Proposed) -> Answer:
    proposal, details, words = proposed
    saying = Saying(
        context.say(f"say.{action}", number=view.number, **words),
        then(context, action),
        details,
        grave=ASKS[action].grave,
    )
    go = "/" if action is Action.RECUSE else f"/case/{case.hex()}"
    return ask_desk(context, proposal, saying, f"/case/{case.hex()}", go)


def then(context: RequestContext, action: str) -> tuple[str, ...]:
    """The consequences of signing an action, in words."""
    keys = [f"then.{action}.{number}" for number in (1, 2, 3)]
    return tuple(context.say(key) for key in keys if key in SENTENCES)


def _stated(action: Action, context: RequestContext, case: bytes, _: CaseView) -> Proposed:
    """The proposal from what an officer filled in."""
    form, (*until, name) = context.asked.form(), ASKS[action].filled_in
    words: dict[str, object] = {}
    until_s = None
    if until:
        # A gag may have no end; a deferred notice needs a time.
        read = fields.optional_moment if action is Action.RENEW_GAG else fields.moment
        until_s = read(form, "until", context.zone)
        words["until"] = context.when(until_s) if until_s is not None else context.say("case.gag-open")
    text = fields.line(form, name) if name == "basis" else fields.note(form, name, needed=name == "why")
    proposal = context.desk.propose(context.acting, action, case, stated(action, text, until_s))
    lines: Lines = ((context.say(f"form.{name}"), text),) if text else ()
    if action in {Action.NOTIFY, Action.NOTIFY_FIRST}:
        lines += notice_lines(context, case)
    return proposal, lines, words


def _match(context: RequestContext, case: bytes, view: CaseView) -> Proposed:
    wanted = view.content.demand.identifiers
    details = tuple((context.say(f"kind.{one.kind}"), one.text) for one in wanted)
    return context.desk.propose_match(context.acting, case), details, {"count": len(wanted)}


def _release(context: RequestContext, case: bytes, view: CaseView) -> Proposed:
    proposal = context.desk.propose_release(context.acting, case)
    decision, package = view.content.decision, view.content.package_sha256
    lines = decision_lines(context, decision) if decision else ()
    return proposal, (*lines, (context.say("case.package-hash"), package.hex() if package else "")), {}


def _hand_over(context: RequestContext, case: bytes, view: CaseView) -> Proposed:
    unsealed = context.asked.form().get("unsealed") == "yes"
    proposal = context.desk.propose_hand_over(context.acting, case, unsealed=unsealed)
    details = proposal.details
    assert isinstance(details, HandOverDetails)
    if details.unsealed:
        seal_line = context.say("case.form-unsealed")
    else:
        seal_line = context.say("case.form-sealed", custodian=details.custodian)
    return proposal, ((context.say("case.form-seal"), seal_line), locked_line(context, view, details)), {}


def locked_line(context: RequestContext, view: CaseView, form: HandOverDetails) -> tuple[str, str]:
    """The recipient that a package is encrypted to, in words."""
    name = context.say("case.form-lock")
    if not form.recipient:
        return name, context.say("case.form-unlocked")
    return name, context.say("case.form-locked", authority=view.content.demand.authority, recipient=form.recipient)


def _confirm_gag(context: RequestContext, case: bytes, view: CaseView) -> Proposed:
    return context.desk.propose_confirm_gag(context.acting, case), gag_lines(context, view), {}


def _confirm_bar(context: RequestContext, case: bytes, view: CaseView) -> Proposed:
    waits = view.content.proposed_bar
    lines = ((context.say("form.basis"), waits.basis),) if waits is not None else ()
    return context.desk.propose_confirm_bar(context.acting, case), lines, {}


def read_decision(form: Mapping[str, str], view: CaseView) -> Decision:
    """The decision in a form. Raises `FormWrong`."""
    reasons = get_args(demands.RefusalReason)
    if fields.choice(form, "outcome", ("produce", "refuse")) == "refuse":
        return Decision("refuse", (), fields.choice(form, "reason", reasons), fields.note(form, "grounds"))
    answers = []
    for data_class in view.content.demand.classes:
        answer = fields.choice(form, f"answer-{data_class}", get_args(demands.Answer))
        reason = fields.optional_choice(form, f"reason-{data_class}", reasons) if answer == "refused" else None
        answers.append(ClassAnswer(data_class, answer, reason))
    return Decision("produce", tuple(answers), None, fields.note(form, "grounds"))


def decision_lines(context: RequestContext, decision: Decision) -> tuple[tuple[str, str], ...]:
    """A decision in words, line by line."""
    lines = [(context.say("form.outcome"), context.say(f"outcome.{decision.outcome}"))]
    for one in decision.answers:
        reason = f" ({context.say(f'reason.{one.reason}')})" if one.reason else ""
        lines.append((context.say(f"data_class.{one.data_class}"), context.say(f"answer.{one.answer}") + reason))
    if decision.reason:
        lines.append((context.say("form.reason"), context.say(f"reason.{decision.reason}")))
    if decision.grounds:
        lines.append((context.say("form.grounds"), decision.grounds))
    return tuple(lines)


def gag_lines(context: RequestContext, view: CaseView) -> tuple[tuple[str, str], ...]:
    """The pending change of the gag, in words."""
    proposed = view.content.proposed_gag
    if proposed is None:
        return ()
    gag = proposed.gag
    if gag is None:
        return ((context.say("case.gag"), context.say("case.gag-none")),)
    end = (
        context.say("case.gag-until", when=context.when(gag.until_s))
        if gag.until_s is not None
        else context.say("case.gag-open")
    )
    return ((context.say("case.gag"), end), (context.say("form.basis"), gag.basis))


_PROPOSES: Final[Mapping[Action, Propose]] = {
    Action.MATCH: _match,
    Action.PRODUCE: _release,
    Action.REFUSE: _release,
    Action.HAND_OVER: _hand_over,
    Action.CONFIRM_GAG: _confirm_gag,
    Action.CONFIRM_BAR: _confirm_bar,
    **{action: partial(_stated, action) for action, ask in ASKS.items() if ask.filled_in},
}
ACTIONS: Final[Mapping[Action, Callable[[RequestContext], Answer | Awaitable[Answer]]]] = {
    Action.DECIDE: _ask_to_decide,
    **{action: partial(_ask, action, propose) for action, propose in _PROPOSES.items()},
}
"""The handler of each action's form. Intake and amendment have their own pages (intake.py)."""
