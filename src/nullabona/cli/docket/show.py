"""How the desk's answers are written, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

import click
from msgspec import UnsetType, to_builtins

from nullabona.cli.docket.times import when, zone_here
from nullabona.cli.output import emit, line, say, table
from nullabona.cli.settings import settings_of
from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import Done
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Approval, CaseContent, CaseLine, CaseView, Demand
from nullabona.docket.core.statements import Report
from nullabona.docket.core.timers import Due
from nullabona.operating.desk import OpenedDesk
from nullabona.words.catalogue import Language, Words, pick
from nullabona.words.demands import ANSWER, DATA_CLASS, REASON

TERMS: Final = Words("console_terms")
"""The words of states, actions and deadlines, as the console says them."""


def say_done(context: click.Context, at: OpenedDesk, done: Done | DeskDone) -> None:
    """What an action led to."""
    settings = settings_of(context)
    if settings.as_json:
        emit(done)
    elif isinstance(done, DeskDone):
        key = "docket-carried-out" if done.carried_out else "docket-waits"
        line(say(key, settings.language, challenge=done.challenge.hex()[:16]))
    else:
        number = next(each.number for each in at.desk.cases(at.who) if each.id == done.case)
        line(say("docket-moved", settings.language, number=number, state=done.state))


def show_lines(context: click.Context, lines: Sequence[CaseLine]) -> None:
    """The list of cases."""
    if settings_of(context).as_json:
        for each in lines:
            emit(to_builtins(each) | {"id": each.id.hex()})
        return
    language, zone = settings_of(context).language, zone_here(context)
    rows = [(each.number, TERMS.say(f"state.{each.state}", language), when(each.received_s, zone)) for each in lines]
    table([(*row, _due(each, language, zone)) for row, each in zip(rows, lines, strict=True)])


def show_case(context: click.Context, view: CaseView) -> None:
    """One case."""
    if settings_of(context).as_json:
        emit(_plain(view))
        return
    demand, content, language, zone = (
        view.content.demand,
        view.content,
        settings_of(context).language,
        zone_here(context),
    )
    yes, no = (say(f"show-{word}", language) for word in ("met", "unmet"))
    held, nothing = (say(f"show-{word}", language) for word in ("held", "nothing"))
    rows = [
        ("case", view.number), ("state", TERMS.say(f"state.{view.state}", language)), ("instrument", demand.instrument),
        ("authority", f"{demand.authority} ({demand.authority_ref})"), ("legal-basis", demand.legal_basis),
        ("issued", _day(demand.issued_day)), ("received", when(view.received_s, zone)),
        *_period(demand), *([("emergency", "✓")] if demand.emergency is True else []),
        ("asks-for", ", ".join(pick(DATA_CLASS[asked], language) for asked in demand.classes)),
        *(("about", identifier.text) for identifier in demand.identifiers),
        *(("gate", f"{gate.name}: {yes if gate.met else no}") for gate in demand.gates),
        *(("matched", f"{match.identifier.text}: {held if match.found else nothing}") for match in content.matches),
        *_decided(content, language), *_silence(content, language, zone),
        *(("signed", _signed(each, language)) for each in view.approvals),
    ]  # fmt: skip
    table([(say(f"show-{name}", language), value) for name, value in rows])


def _signed(each: Approval, language: Language) -> str:
    return f"{TERMS.say(f'action.{each.action}', language)}: {by(each.officer, each.stands_for, language)}"


def by(officer: str | None, stands_for: str | UnsetType, language: Language) -> str:
    """Who did it; for a deputy, also for whom."""
    name = officer or "-"
    return say("show-stands-for", language, officer=name, absent=stands_for) if stands_for else name


def _decided(content: CaseContent, language: Language) -> list[tuple[str, str]]:
    decision = content.decision
    if decision is None:
        return []
    reason = f" ({pick(REASON[decision.reason], language)})" if decision.reason else ""
    answers = [
        ("answer", f"{pick(DATA_CLASS[each.data_class], language)}: {pick(ANSWER[each.answer], language)}")
        for each in decision.answers
    ]
    return [("decision", say(f"show-{decision.outcome}", language) + reason), *answers]


def _silence(content: CaseContent, language: Language, zone: tzinfo) -> list[tuple[str, str]]:
    """The gag with its end, and the law that bars the notice."""
    rows, gag = [], content.gag
    if gag is not None:
        end = say("show-no-end", language) if gag.until_s is None else when(gag.until_s, zone)
        rows.append(("gag", f"{gag.basis} (~ {end})"))
    if content.barred is not None:
        rows.append(("barred", content.barred.basis))
    return rows


def show_dues(context: click.Context, dues: Iterable[Due]) -> None:
    """The open deadlines, under headings, in the desk's zone."""
    settings = settings_of(context)
    if settings.as_json:
        for each in dues:
            emit({"case": each.number, "what": each.name, "due_s": each.due_s, "level": each.level})
        return
    language, zone = settings.language, zone_here(context)
    names = tuple(say(f"due-{name}", language) for name in ("case", "what", "when", "level"))
    rows = [(each.number, _due_name(each.name, language), when(each.due_s, zone), each.level) for each in dues]
    if rows:
        table([names, *rows])


def _due_name(name: str, language: Language) -> str:
    key = f"due.{name}"
    return TERMS.say(key, language) if key in TERMS else name


def show_report(context: click.Context, report: Report) -> None:
    """The figures of a half-year, under headings."""
    settings = settings_of(context)
    if settings.as_json:
        emit(to_builtins(report))
        return
    names = ("instrument", "received", "answered", "refused", "pending")
    rows = [tuple(say(f"report-{name}", settings.language) for name in names)]
    for row in report.rows:
        answered = row.produced_full + row.produced_partial + row.answered_no_data
        rows.append((row.instrument, *map(str, (row.received, answered, row.refused, row.pending))))
    rows += [(band.instrument, f"{band.least}-{band.most}", "", "", "") for band in report.bands]
    table(rows)


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, UTC).strftime("%Y-%m-%d")


def _period(demand: Demand) -> list[tuple[str, str]]:
    """The days that are asked for, UTC; nothing where none are named."""
    if demand.from_day is None or demand.to_day is None:
        return []
    return [("period", f"{_day(demand.from_day)} to {_day(demand.to_day)} (UTC)")]


def _plain(view: CaseView) -> object:
    return to_builtins(view) | {"id": view.id.hex(), "version": view.version.hex()}


def _due(each: CaseLine, language: Language, zone: tzinfo) -> str:
    return "" if each.due is None or each.due_s is None else f"{_due_name(each.due, language)} {when(each.due_s, zone)}"
