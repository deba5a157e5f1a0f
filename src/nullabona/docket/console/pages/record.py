"""The state of the public record: batches of sealed slots, and the statements that officers sign."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from nullabona.docket.cases.notices import HeldNotice
from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.pages.confirming import waiting_of
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer, see_other
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.acts import OpenDetails, OutageDetails, SettleDetails
from nullabona.docket.core.roles import DESK, READERS, DeskAction, Role
from nullabona.errors import NullabonaError

HERE: Final = "/record"
WHY: Final = 1_000
"""Most characters of a reason in each language; the log's limit."""
_TERM: Final = re.compile(r"\d{4}H[12]\Z")


def page(context: RequestContext) -> Answer:
    """Batches, slots, and the statements that this officer may enter."""
    desk = context.desk
    may = {
        action.value
        for action in (DeskAction.OPEN, DeskAction.REPORT, DeskAction.SETTLE, DeskAction.OUTAGE)
        if DESK[action] & context.roles
    }
    numbers: Mapping[bytes, str] = {}
    if context.roles & READERS:
        numbers = {line.id: line.number for line in desk.cases(context.acting)}
    late = runs(desk.late_periods())
    openable = [(case.hex(), numbers[case]) for case in desk.openable(context.acting)] if "open" in may else []
    return context.page(
        "record.html",
        cadence=desk.cadence,
        period=context.console.period(context.now_s),
        pulse=context.console.pulse,
        may=may,
        waiting=waiting_of(context, DeskAction.OPEN, DeskAction.REPORT, DeskAction.SETTLE, DeskAction.OUTAGE),
        late=late,
        late_text=", ".join(f"{first}" if first == last else f"{first}\u2060–\u2060{last}" for first, last in late),
        openable=openable,
        notices=_notices(context) if Role.NOTIFIER in context.roles else (),
        notice_delivery=context.console.notice_delivery,
        batch_problem=_sentence(context.in_words(context.console.pulse.problem)),
    )


def open_slots(context: RequestContext) -> Answer:
    """Ask for the signature under opening the slots of published cases."""
    chosen = tuple(sorted(set(context.asked.many("case"))))
    allowed = {case.hex() for case in context.desk.openable(context.acting)}
    if not chosen or not allowed.issuperset(chosen):
        raise FormWrong("choose published cases")
    proposal = context.desk.propose(context.acting, DeskAction.OPEN, None, OpenDetails(chosen))
    saying = Saying(context.say("say.open", count=len(chosen)), then(context, "open"), grave=True)
    return ask_desk(context, proposal, saying, HERE, HERE)


def report(context: RequestContext) -> Answer:
    """Ask for the first signature under the present figures of a half-year."""
    term = _term(context)
    _, proposal = context.desk.propose_report(context.acting, term)
    return ask_desk(
        context, proposal, Saying(context.say("say.report", term=term), then(context, "report")), HERE, HERE
    )


def settle(context: RequestContext) -> Answer:
    """Ask for the first signature under settling a half-year."""
    term = _term(context)
    proposal = context.desk.propose(context.acting, DeskAction.SETTLE, None, SettleDetails(term))
    saying = Saying(context.say("say.settle", term=term), then(context, "settle"), grave=True)
    return ask_desk(context, proposal, saying, HERE, HERE)


def outage(context: RequestContext) -> Answer:
    """Ask for the first signature under the reason for late periods; counsel confirms."""
    form = context.asked.form()
    first, last = fields.number(form, "first"), fields.number(form, "last")
    ko, en = (fields.line(form, name, longest=WHY) for name in ("ko", "en"))
    proposal = context.desk.propose_outage(context.acting, OutageDetails(first, last, ko, en))
    what = context.say("say.outage", first=first, last=last)
    lines = ((context.say("record.outage-ko"), ko), (context.say("record.outage-en"), en))
    return ask_desk(context, proposal, Saying(what, then(context, "outage"), lines, grave=True), HERE, HERE)


def deliver(context: RequestContext) -> Answer:
    """Send the signed notices whose entry the log proves to their inboxes."""
    if context.console.notice_delivery is None:
        raise FormWrong("this console reaches no relay")
    context.console.notice_delivery.send(context.acting)
    return see_other(HERE)


def _sentence(text: str) -> str:
    """An error's words as a sentence of its own: errors begin small and have no full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _notices(context: RequestContext) -> list[tuple[str, str]]:
    """Every undelivered notice: its case's number and its status."""
    notice_delivery = context.console.notice_delivery
    found = []
    for each in context.desk.notices(context.acting):
        if isinstance(each, HeldNotice):
            why = (
                context.in_words(each.why)
                if isinstance(each.why, NullabonaError)
                else context.say(f"notice.{each.why}")
            )
            found.append((each.number, why))
            continue
        problem = notice_delivery.failed.get(each.commitment) if notice_delivery is not None else None
        said = context.say("notice.failed", code=problem.code) if problem else context.say("notice.ready")
        found.append((each.number, said))
    return found


def runs(periods: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Periods as the first and the last of each unbroken run, in order."""
    found: list[tuple[int, int]] = []
    for period in sorted(set(periods)):
        if found and found[-1][1] == period - 1:
            found[-1] = (found[-1][0], period)
        else:
            found.append((period, period))
    return tuple(found)


def _term(context: RequestContext) -> str:
    term = fields.line(context.asked.form(), "term", longest=6)
    if not _TERM.match(term):
        raise FormWrong("a half-year is written 2026H2")
    return term
