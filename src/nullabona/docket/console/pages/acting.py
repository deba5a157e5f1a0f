"""What is done to a case: each form becomes a proposal of the desk, and the officer is asked to sign exactly that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, get_args

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.pages.standing import WHO, kept_apart
from nullabona.docket.console.passkeys.refusals import PasskeyRefused
from nullabona.docket.console.passkeys.webauthn import read_assertion
from nullabona.docket.console.request.answers import Answer, as_json
from nullabona.docket.console.request.context import Visit
from nullabona.docket.console.request.views import when
from nullabona.docket.console.words import SENTENCES
from nullabona.docket.core.acts import (
    BarDetails,
    CaseDetails,
    DeferDetails,
    GagDetails,
    HandOverDetails,
    PlainDetails,
    RecuseDetails,
    ReviewDetails,
)
from nullabona.docket.core.records import CaseView, ClassAnswer, Decision, Gag
from nullabona.docket.core.roles import SamePerson
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Proposal
from nullabona.wire import demands

__all__ = ["ACTIONS", "WHO", "sign"]

GRAVE: Final = frozenset({Action.PRODUCE, Action.REFUSE, Action.HAND_OVER, Action.NOTIFY, Action.PUBLISH, Action.CLOSE})
"""What cannot be taken back."""
Lines = tuple[tuple[str, str], ...]
Proposed = tuple[Proposal, Lines, dict[str, object]]
"""What is to be signed, its details in words, and what its sentence says beside the case's number."""
Propose = Callable[[Visit, bytes, CaseView], Proposed]


def sign(visit: Visit) -> Answer:
    """Carry out what was asked last, with the signature that a script brings."""
    session, _ = visit.signed_in
    credential = visit.asked.json().get("credential")
    if not isinstance(credential, dict):
        raise PasskeyRefused("what the browser sent is no assertion")
    assertion = read_assertion(credential)
    pending = visit.house.sessions.take(session, assertion.challenge, visit.now_s)
    return as_json({"go": pending.carry_out(visit, assertion)})


def _ask(action: Action, propose: Propose, visit: Visit) -> Answer:
    case, view = _looked_at(action, visit)
    return _page(action, visit, case, view, propose(visit, case, view))


async def _ask_to_decide(visit: Visit) -> Answer:
    """As every action, but that its package is made first, while others go on."""
    case, view = _looked_at(Action.DECIDE, visit)
    desk, decision = visit.house.desk, read_decision(visit.asked.form(), view)
    order = desk.order(visit.acting, case, decision)
    made = await visit.house.aside(lambda: desk.make(order))
    proposal = desk.propose_decision(visit.acting, case, decision, made)
    words: dict[str, object] = {"outcome": visit.say(f"outcome.{decision.outcome}")}
    return _page(Action.DECIDE, visit, case, view, (proposal, decision_lines(visit, decision), words))


def _looked_at(action: Action, visit: Visit) -> tuple[bytes, CaseView]:
    case = fields.case_id(visit.params["case"])
    view = visit.house.desk.show(visit.acting, case)
    if kept_apart(view, visit.me, action):
        raise SamePerson("you did an earlier step of this case")
    return case, view


def _page(action: Action, visit: Visit, case: bytes, view: CaseView, proposed: Proposed) -> Answer:
    proposal, details, words = proposed
    saying = Saying(
        visit.say(f"say.{action}", number=view.number, **words), then(visit, action), details, grave=action in GRAVE
    )
    go = "/" if action is Action.RECUSE else f"/case/{case.hex()}"
    return ask_desk(visit, proposal, saying, f"/case/{case.hex()}", go)


def then(visit: Visit, action: str) -> tuple[str, ...]:
    """What happens when an action is signed."""
    keys = [f"then.{action}.{number}" for number in (1, 2, 3)]
    return tuple(visit.say(key) for key in keys if key in SENTENCES)


def _plain(action: Action, visit: Visit, case: bytes, _: CaseView) -> Proposed:
    note = fields.note(visit.asked.form(), "note")
    return _proposed(visit, action, case, PlainDetails(note)), _noted(visit, note), {}


def _match(visit: Visit, case: bytes, view: CaseView) -> Proposed:
    wanted = view.content.demand.identifiers
    details = tuple((visit.say(f"kind.{one.kind}"), one.text) for one in wanted)
    return visit.house.desk.propose_match(visit.acting, case), details, {"count": len(wanted)}


def _review(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    note = fields.note(visit.asked.form(), "note")
    return _proposed(visit, Action.REVIEW, case, ReviewDetails(note)), _noted(visit, note), {}


def _release(visit: Visit, case: bytes, view: CaseView) -> Proposed:
    proposal = visit.house.desk.propose_release(visit.acting, case)
    decision, package = view.content.decision, view.content.package_sha256
    lines = decision_lines(visit, decision) if decision else ()
    return proposal, (*lines, (visit.say("case.package-hash"), package.hex() if package else "")), {}


def _hand_over(visit: Visit, case: bytes, view: CaseView) -> Proposed:
    unsealed = visit.asked.form().get("unsealed") == "yes"
    proposal = visit.house.desk.propose_hand_over(visit.acting, case, unsealed=unsealed)
    details = proposal.details
    assert isinstance(details, HandOverDetails)
    if details.unsealed:
        seal_line = visit.say("case.form-unsealed")
    else:
        seal_line = visit.say("case.form-sealed", custodian=details.custodian)
    return proposal, ((visit.say("case.form-seal"), seal_line), locked_line(visit, view, details)), {}


def locked_line(visit: Visit, view: CaseView, form: HandOverDetails) -> tuple[str, str]:
    """To whom a package is locked, in words."""
    name = visit.say("case.form-lock")
    if not form.recipient:
        return name, visit.say("case.form-unlocked")
    return name, visit.say("case.form-locked", authority=view.content.demand.authority, recipient=form.recipient)


def _defer(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    form = visit.asked.form()
    details = DeferDetails(fields.moment(form, "until"), fields.line(form, "basis"))
    proposal = _proposed(visit, Action.DEFER_NOTICE, case, details)
    return proposal, ((visit.say("form.basis"), details.basis),), {"until": when(details.until_s)}


def _bar(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    details = BarDetails(fields.line(visit.asked.form(), "basis"))
    return _proposed(visit, Action.BAR_NOTICE, case, details), ((visit.say("form.basis"), details.basis),), {}


def _renew_gag(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    form = visit.asked.form()
    until_s, basis = fields.optional_moment(form, "until"), fields.line(form, "basis")
    proposal = _proposed(visit, Action.RENEW_GAG, case, GagDetails(Gag(basis, until_s), basis))
    end = when(until_s) if until_s is not None else visit.say("case.gag-open")
    return proposal, ((visit.say("form.basis"), basis),), {"until": end}


def _lift_gag(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    basis = fields.line(visit.asked.form(), "basis")
    proposal = _proposed(visit, Action.LIFT_GAG, case, GagDetails(None, basis))
    return proposal, ((visit.say("form.basis"), basis),), {}


def _confirm_gag(visit: Visit, case: bytes, view: CaseView) -> Proposed:
    return visit.house.desk.propose_confirm_gag(visit.acting, case), gag_lines(visit, view), {}


def _recuse(visit: Visit, case: bytes, _: CaseView) -> Proposed:
    details = RecuseDetails(fields.note(visit.asked.form(), "why", needed=True))
    return _proposed(visit, Action.RECUSE, case, details), ((visit.say("form.why"), details.why),), {}


def read_decision(form: Mapping[str, str], view: CaseView) -> Decision:
    """The decision that a form states. Raises `FormWrong`."""
    reasons = get_args(demands.RefusalReason)
    if fields.choice(form, "outcome", ("produce", "refuse")) == "refuse":
        return Decision("refuse", (), fields.choice(form, "reason", reasons), fields.note(form, "grounds"))
    answers = []
    for data_class in view.content.demand.classes:
        answer = fields.choice(form, f"answer-{data_class}", get_args(demands.Answer))
        reason = fields.optional_choice(form, f"reason-{data_class}", reasons) if answer == "refused" else None
        answers.append(ClassAnswer(data_class, answer, reason))
    return Decision("produce", tuple(answers), None, fields.note(form, "grounds"))


def decision_lines(visit: Visit, decision: Decision) -> tuple[tuple[str, str], ...]:
    """A decision in words, line by line."""
    lines = [(visit.say("form.outcome"), visit.say(f"outcome.{decision.outcome}"))]
    for one in decision.answers:
        reason = f" ({visit.say(f'reason.{one.reason}')})" if one.reason else ""
        lines.append((visit.say(f"class.{one.data_class}"), visit.say(f"answer.{one.answer}") + reason))
    if decision.reason:
        lines.append((visit.say("form.reason"), visit.say(f"reason.{decision.reason}")))
    if decision.grounds:
        lines.append((visit.say("form.grounds"), decision.grounds))
    return tuple(lines)


def gag_lines(visit: Visit, view: CaseView) -> tuple[tuple[str, str], ...]:
    """The change of the gag that waits, in words."""
    proposed = view.content.proposed_gag
    if proposed is None:
        return ()
    gag = proposed.gag
    if gag is None:
        return ((visit.say("case.gag"), visit.say("case.gag-none")),)
    end = visit.say("case.gag-until", when=when(gag.until_s)) if gag.until_s is not None else visit.say("case.gag-open")
    return ((visit.say("case.gag"), end), (visit.say("form.basis"), gag.basis))


def _proposed(visit: Visit, action: Action, case: bytes, details: CaseDetails) -> Proposal:
    return visit.house.desk.propose(visit.acting, action, case, details)


def _noted(visit: Visit, note: str) -> tuple[tuple[str, str], ...]:
    return ((visit.say("form.note"), note),) if note else ()


_PROPOSES: Final[Mapping[Action, Propose]] = {
    Action.MATCH: _match,
    Action.REVIEW: _review,
    Action.PRODUCE: _release,
    Action.REFUSE: _release,
    Action.HAND_OVER: _hand_over,
    Action.DEFER_NOTICE: _defer,
    Action.BAR_NOTICE: _bar,
    Action.RENEW_GAG: _renew_gag,
    Action.LIFT_GAG: _lift_gag,
    Action.CONFIRM_GAG: _confirm_gag,
    Action.RECUSE: _recuse,
    **{
        action: partial(_plain, action)
        for action in (Action.RECEIPT, Action.NOTIFY, Action.PUBLISH, Action.SEAL, Action.CLOSE)
    },
}
ACTIONS: Final[Mapping[Action, Callable[[Visit], Answer | Awaitable[Answer]]]] = {
    Action.DECIDE: _ask_to_decide,
    **{action: partial(_ask, action, propose) for action, propose in _PROPOSES.items()},
}
"""What the form of each action leads to. Taking in and amending have pages of their own (intake.py)."""
