"""The state of the public record: the beats of sealed slots, and what officers enter in it with their signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from nullabona.docket.cases.notices import HeldNotice
from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer, see_other
from nullabona.docket.console.request.context import Visit
from nullabona.docket.core.acts import OpenDetails, OutageDetails, SettleDetails
from nullabona.docket.core.roles import DESK, READERS, DeskAction, Role
from nullabona.errors import NullabonaError

HERE: Final = "/record"
WHY: Final = 1_000
"""Characters of a reason in each language, as the log holds it."""
_TERM: Final = re.compile(r"\d{4}H[12]\Z")


def page(visit: Visit) -> Answer:
    """Beats, slots, and what this officer may enter."""
    desk = visit.house.desk
    may = {
        action.value
        for action in (DeskAction.OPEN, DeskAction.REPORT, DeskAction.SETTLE, DeskAction.OUTAGE)
        if DESK[action] & visit.roles
    }
    numbers: Mapping[bytes, str] = {}
    if visit.roles & READERS:
        numbers = {line.id: line.number for line in desk.cases(visit.acting)}
    late = runs(desk.late_periods())
    openable = [(case.hex(), numbers[case]) for case in desk.openable(visit.acting)] if "open" in may else []
    return visit.page(
        "record.html",
        cadence=desk.cadence,
        period=visit.house.period(visit.now_s),
        pulse=visit.house.pulse,
        may=may,
        late=late,
        late_text=", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in late),
        openable=openable,
        notices=_notices(visit) if Role.NOTIFIER in visit.roles else (),
        courier=visit.house.courier,
        beat_problem=visit.in_words(visit.house.pulse.problem),
    )


def open_slots(visit: Visit) -> Answer:
    """Ask for the signature under opening the slots of published cases."""
    chosen = tuple(sorted(set(visit.asked.many("case"))))
    allowed = {case.hex() for case in visit.house.desk.openable(visit.acting)}
    if not chosen or not allowed.issuperset(chosen):
        raise FormWrong("choose published cases")
    proposal = visit.house.desk.propose(visit.acting, DeskAction.OPEN, None, OpenDetails(chosen))
    saying = Saying(visit.say("say.open", count=len(chosen)), then(visit, "open"), grave=True)
    return ask_desk(visit, proposal, saying, HERE, HERE)


def report(visit: Visit) -> Answer:
    """Ask for the first signature under the figures of a half-year, as they are now."""
    term = _term(visit)
    _, proposal = visit.house.desk.propose_report(visit.acting, term)
    return ask_desk(visit, proposal, Saying(visit.say("say.report", term=term), then(visit, "report")), HERE, HERE)


def settle(visit: Visit) -> Answer:
    """Ask for the first signature under a half-year whose horizon has come."""
    term = _term(visit)
    proposal = visit.house.desk.propose(visit.acting, DeskAction.SETTLE, None, SettleDetails(term))
    saying = Saying(visit.say("say.settle", term=term), then(visit, "settle"), grave=True)
    return ask_desk(visit, proposal, saying, HERE, HERE)


def outage(visit: Visit) -> Answer:
    """Ask for the first signature under why periods were late; counsel confirms."""
    form = visit.asked.form()
    first, last = fields.number(form, "first"), fields.number(form, "last")
    ko, en = (fields.line(form, name, longest=WHY) for name in ("ko", "en"))
    proposal = visit.house.desk.propose_outage(visit.acting, OutageDetails(first, last, ko, en))
    what = visit.say("say.outage", first=first, last=last)
    lines = ((visit.say("record.outage-ko"), ko), (visit.say("record.outage-en"), en))
    return ask_desk(visit, proposal, Saying(what, then(visit, "outage"), lines, grave=True), HERE, HERE)


def deliver(visit: Visit) -> Answer:
    """Have the notices that were signed, and whose entry the log proves by now, taken to their inboxes."""
    if visit.house.courier is None:
        raise FormWrong("this console reaches no relay")
    visit.house.courier.send(visit.acting)
    return see_other(HERE)


def _notices(visit: Visit) -> list[tuple[str, str]]:
    """Every notice that is not delivered: its case's number, and how it stands now."""
    courier = visit.house.courier
    found = []
    for each in visit.house.desk.notices(visit.acting):
        if isinstance(each, HeldNotice):
            why = visit.in_words(each.why) if isinstance(each.why, NullabonaError) else visit.say(f"notice.{each.why}")
            found.append((each.number, why))
            continue
        problem = courier.failed.get(each.commitment) if courier is not None else None
        found.append((each.number, visit.in_words(problem) if problem else visit.say("notice.ready")))
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


def _term(visit: Visit) -> str:
    term = fields.line(visit.asked.form(), "term", longest=6)
    if not _TERM.match(term):
        raise FormWrong("a half-year is written 2026H2")
    return term
