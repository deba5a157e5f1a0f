"""Computes the figures of a half-year from the cases; two officers enter them in the log."""

from __future__ import annotations

from collections import Counter

from nullabona.docket.core.acts import ReportDetails, Stale
from nullabona.docket.core.decide import instrument_of, outcome_of
from nullabona.docket.core.instrument import Taxonomy
from nullabona.docket.core.statements import Band, Report, Row, encode_statement
from nullabona.docket.core.timers import of_the_answer
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.ports import Acting
from nullabona.wire.canonical import canonical, digest

STATUTORY_BAND = 999
"""0 to 999, 1000 to 1999 and so on: the first option of 50 USC 1874, which the taxonomy uses."""


class Reporting:
    """Draws up reports."""

    def __init__(self, context: DeskContext, taxonomy: Taxonomy) -> None:
        self._store, self._clock, self._journal = context.store, context.clock, context.journal
        self._files, self._cadence = context.files, context.cadence
        self._taxonomy = taxonomy

    def draw_up(self, who: Acting, term: str, until: int | None = None) -> Report:
        """The report of ``term`` up to the end of period ``until``, by default the last one that is over.

        An instrument whose number may not be published even as a range is left out. Raises `Stale` for an unfinished
        period.
        """
        newest = self._cadence.period_at(self._clock()) - 1
        until = newest if until is None else until
        if not 0 <= until <= newest:
            raise Stale("the first period of the log, or the one to report, has not ended yet")
        counts: dict[str, Counter[str]] = {}
        for line in self._files.lines():
            file = self._files.open(who, line.id)
            done = self._done(file.id, until)
            if "intake" in done and self._cadence.term_of(done["intake"]) == term:
                counts.setdefault(file.content.demand.instrument, Counter()).update(self._numbers(file, done))
        rules = {name: row.count for name, row in self._taxonomy.by_id().items()}
        rows = tuple(Row(name, **counts[name]) for name in sorted(counts) if rules.get(name) == "exact")
        ranged = sorted(name for name, rule in rules.items() if rule == "band")
        bands = tuple(_band(name, counts.get(name, Counter())["received"]) for name in ranged)
        return Report(term, until, rows, bands, self._taxonomy.sha256.hex())

    def enter(self, who: Acting, details: ReportDetails) -> None:
        """Put the report into the next batch. Raises `Stale` if it is not what was signed. Inside a transaction."""
        report = self.draw_up(who, details.term, details.until)
        if digest(report) != details.table:
            raise Stale("the figures changed since the report was drawn up")
        self._store.run("add_statement", encode_statement(report), self._cadence.period_at(self._clock()))
        self._journal.append("report-entered", digest(canonical(report).decode()))

    def _done(self, case: bytes, until: int) -> dict[str, int]:
        """The actions on a case up to the end of period ``until``, each with its first period."""
        found: dict[str, int] = {}
        for event in self._journal.of_case(case):
            period = self._cadence.period_at(event.at_s)
            if period <= until:
                found.setdefault(event.kind, period)
        return found

    def _numbers(self, file: CaseFile, done: dict[str, int]) -> Counter[str]:
        content = file.content
        found = Counter({"received": 1, "notified": int("notify" in done)})
        if content.decision is None or not {"produce", "refuse"} & done.keys():
            found["pending"] += 1
            return found
        found[outcome_of(content.decision)] += 1
        found["identifiers"] += len(content.demand.identifiers)
        accounts = sum(match.found for match in content.matches)
        found["accounts"] += accounts
        found["accounts_produced"] += accounts if outcome_of(content.decision).startswith("produced") else 0
        names = of_the_answer(instrument_of(content.demand, self._taxonomy))
        found["in_time"] += "hand-over" in done and self._files.in_time(file.id, names, self._clock())
        return found


def _band(instrument: str, received: int) -> Band:
    step = STATUTORY_BAND + 1
    least = received // step * step
    return Band(instrument, least, least + STATUTORY_BAND)
