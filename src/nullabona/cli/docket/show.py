"""How the desk's answers are written, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click
from msgspec import to_builtins

from nullabona.cli.output import emit, line, say, table
from nullabona.cli.settings import settings_of
from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import Done
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import CaseLine, CaseView, Demand
from nullabona.docket.core.statements import Report
from nullabona.operating.desk import OpenedDesk


def when(seconds: int) -> str:
    """A time for people, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")


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


def show_lines(context: click.Context, lines: Iterable[CaseLine]) -> None:
    """The list of cases."""
    if settings_of(context).as_json:
        for each in lines:
            emit(each)
        return
    table([(each.number, each.state, when(each.received_s), _due(each)) for each in lines])


def show_case(context: click.Context, view: CaseView) -> None:
    """One case."""
    if settings_of(context).as_json:
        emit(_plain(view))
        return
    demand, content = view.content.demand, view.content
    rows = [
        ("case", view.number), ("state", view.state), ("instrument", demand.instrument),
        ("authority", f"{demand.authority} ({demand.authority_ref})"),
        ("legal basis", demand.legal_basis), ("issued", _day(demand.issued_day)), ("received", when(view.received_s)),
        *_period(demand), *([("emergency", "yes")] if demand.emergency is True else []),
        ("asks for", ", ".join(demand.classes)),
        *(("about", identifier.text) for identifier in demand.identifiers),
        *(("gate", f"{gate.name}: {'met' if gate.met else 'NOT MET'}") for gate in demand.gates),
        *(("matched", f"{match.identifier.text}: {'held' if match.found else 'nothing'}") for match in content.matches),
    ]  # fmt: skip
    if content.decision is not None:
        rows.append(("decision", f"{content.decision.outcome} {content.decision.reason or ''}".strip()))
        rows += [("answer", f"{each.data_class}: {each.answer}") for each in content.decision.answers]
    if content.gag is not None:
        rows.append(("gag", content.gag.basis))
    rows += [("signed", f"{approval.action} by {approval.officer}") for approval in view.approvals]
    table(rows)


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


def _due(each: CaseLine) -> str:
    return "" if each.due is None or each.due_s is None else f"{each.due} {when(each.due_s)}"
