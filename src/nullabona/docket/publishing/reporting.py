"""Computes the figures of a half-year from the events of the cases; two officers enter them in the log, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nullabona.docket.core.acts import ReportDetails, Stale
from nullabona.docket.core.instrument import Taxonomy
from nullabona.docket.core.recount_cases import Demand, OpenEvent
from nullabona.docket.core.recount_reports import count
from nullabona.docket.core.statements import Band, Report, Row, encode_statement, parse_statement
from nullabona.docket.core.terms import term_span
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.ports import Acting
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, digest
from nullabona.wire.slots import SlotRef

STATUTORY_BAND = 999
"""0 to 999, 1000 to 1999 and so on: the first option of 50 U.S.C. § 1874, which the taxonomy uses."""
ERASED: Final = "erased"
"""The journal's event for a case whose register time is over."""


class TermNotOver(UserError):
    """The half-year has not ended, or the log has no period of it."""

    code = "docket-term-not-over"
    default_hint = "enter the report once, after the half-year; until then look at the figures without --enter"


class ReportedAlready(UserError):
    """The log has the report of this half-year, or is about to have it."""

    code = "docket-reported-already"
    default_hint = "a half-year is reported once; nulla docket verify shows the report"


class FiguresIncomplete(UserError):
    """Cases of this half-year were erased, so its figures can no longer be counted."""

    code = "docket-figures-incomplete"
    default_hint = "publish without this report; enter the next one before the first of its cases is erased"


class Reporting:
    """Draws up reports, and enters each once."""

    def __init__(self, context: DeskContext, taxonomy: Taxonomy) -> None:
        self._store, self._clock, self._journal = context.store, context.clock, context.journal
        self._files, self._cadence = context.files, context.cadence
        self._taxonomy = taxonomy

    def draw_up(self, who: Acting, term: str, until: int | None = None) -> Report:
        """The figures of ``term`` up to the end of period ``until``, by default the last one that is over.

        They are counted from the events that the log holds or will hold, by the function that verifiers use. An
        instrument whose number may not be published even as a range is left out. Raises `Stale` for an unfinished
        period, and `FiguresIncomplete`.
        """
        newest = self._cadence.period_at(self._clock()) - 1
        until = newest if until is None else until
        if not 0 <= until <= newest:
            raise Stale("the first period of the log, or the one to report, has not ended yet")
        self._check_whole(term)
        counts = count(self._demands(who, term, until), until)
        rules = {name: row.count for name, row in self._taxonomy.by_id().items()}
        rows = tuple(counts[name] for name in sorted(counts) if rules.get(name) == "exact")
        ranged = sorted(name for name, rule in rules.items() if rule == "band")
        bands = tuple(_band(name, counts.get(name, Row(name, 0)).received) for name in ranged)
        return Report(term, until, rows, bands, self._taxonomy.sha256.hex())

    def check_may_enter(self, term: str, until: int) -> None:
        """Raises `TermNotOver` unless ``until`` is past the whole half-year, and `ReportedAlready`."""
        periods = self._cadence.periods_of(term)
        if not periods or until < periods.stop - 1 or self._clock() < term_span(term)[1]:
            raise TermNotOver(f"{term} has not ended, or this log has nothing of it")
        if term in self.entered():
            raise ReportedAlready(f"the report of {term} was entered already")

    def enter(self, who: Acting, details: ReportDetails) -> None:
        """Put the report into the next batch, once. Inside a transaction.

        Raises `TermNotOver`, `ReportedAlready`, or `Stale` if it is not what was signed.
        """
        self.check_may_enter(details.term, details.until)
        report = self.draw_up(who, details.term, details.until)
        if digest(report) != details.table:
            raise Stale("the figures changed since the report was drawn up")
        self._store.run("add_statement", encode_statement(report), self._cadence.period_at(self._clock()))
        self._journal.append("report-entered", digest(canonical(report).decode()))

    def entered(self) -> frozenset[str]:
        """The half-years whose report is in the log, or waits for the next batch."""
        statements = (parse_statement(body) for (body,) in self._store.rows("reports"))
        return frozenset(each.term for each in statements if isinstance(each, Report))

    def _demands(self, who: Acting, term: str, until: int) -> Iterator[Demand]:
        for line in self._files.lines():
            demand = _demand(self._files.open(who, line.id))
            if demand.first.at <= until and self._cadence.term_of(demand.first.at) == term:
                yield demand

    def _check_whole(self, term: str) -> None:
        """The journal still says when an erased case was taken in."""
        gone = {event.case for event in self._journal.of_kind(ERASED)}
        for event in self._journal.of_kind("intake"):
            if event.case in gone and self._cadence.term_of(self._cadence.period_at(event.at_s)) == term:
                raise FiguresIncomplete(f"a case of {term} was erased")


def _demand(file: CaseFile) -> Demand:
    """The events of a case, as everybody sees them once all of them are open."""
    trail = [entry.record for entry in file.trail]
    return Demand(trail[0].case, tuple(OpenEvent(SlotRef(record.at, 0), record, record.at) for record in trail))


def _band(instrument: str, received: int) -> Band:
    step = STATUTORY_BAND + 1
    least = received // step * step
    return Band(instrument, least, least + STATUTORY_BAND)
