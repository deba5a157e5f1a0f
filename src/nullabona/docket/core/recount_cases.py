"""Checks cases by their openings: events in order, none withheld, none entered late (spec/docket.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.findings import Finding
from nullabona.wire.slots import EventRecord, Record, SlotLeaf, SlotRef


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """An opened event: its slot, its content, and the period in which it was opened."""

    at: SlotRef
    record: EventRecord
    opened: int


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand as the public sees it, with its events in order."""

    case: str
    events: tuple[OpenEvent, ...]

    @property
    def first(self) -> EventRecord:
        return self.events[0].record

    def last(self, event: str, until: int | None = None) -> OpenEvent | None:
        """The newest event of a kind, or the newest up to the end of period ``until``."""
        found = (each for each in reversed(self.events) if until is None or each.record.at <= until)
        return next((each for each in found if each.record.event == event), None)


@dataclass(slots=True)
class Demands:
    """Every case that has an open event."""

    by_case: dict[str, list[OpenEvent]] = field(default_factory=dict)

    def add(self, at: SlotRef, record: EventRecord, opened: int) -> None:
        """Add an opened event."""
        self.by_case.setdefault(record.case, []).append(OpenEvent(at, record, opened))

    def all(self) -> tuple[Demand, ...]:
        """The demands whose receipt is open, in the order of the log."""
        found = [
            Demand(case, tuple(sorted(events, key=lambda event: event.record.n)))
            for case, events in self.by_case.items()
        ]
        return tuple(sorted((d for d in found if d.first.n == 0), key=lambda demand: demand.events[0].at))


def check_cases(
    demands: Demands, cadence: Cadence, slots: Mapping[SlotRef, SlotLeaf], opened: Mapping[SlotRef, Record],
    findings: list[Finding], last: int,
) -> None:  # fmt: skip
    """Adds what does not hold to ``findings``. ``last`` is the newest period of the log."""
    places = {leaf.commitment.hex(): at for at, leaf in slots.items()}
    for case, events in demands.by_case.items():
        events.sort(key=lambda event: event.record.n)
        numbers = [event.record.n for event in events]
        if len(set(numbers)) != len(numbers):
            findings.append(Finding("case-broken", "number-twice", {"case": case}))
        for event in events:
            _check_event(event, cadence, findings)
            _check_previous(event, places, opened, cadence, findings, last)
        _check_order(case, events, findings)


def _check_event(event: OpenEvent, cadence: Cadence, findings: list[Finding]) -> None:
    record, period = event.record, event.at.period
    what = {"n": record.n, "case": record.case}
    if record.at > period:
        findings.append(Finding("event-late", "dated-after", what))
    elif period - record.at > cadence.lag:
        findings.append(Finding("event-late", "entered-late", {**what, "periods": period - record.at}))
    if record.open_by is not None and event.opened > record.open_by:
        findings.append(Finding("event-late", "opened-late", {**what, "periods": event.opened - record.open_by}))
    if record.in_time is False:
        findings.append(Finding("answer-late", "not-in-time", {"case": record.case}))


def _check_previous(
    event: OpenEvent, places: Mapping[str, SlotRef], opened: Mapping[SlotRef, Record], cadence: Cadence,
    findings: list[Finding], last: int,
) -> None:  # fmt: skip
    """Check that the previous event is in the log, of the same case, and not withheld."""
    record = event.record
    what = {"n": record.n, "case": record.case}
    if (record.n == 0) != (record.previous == "") or (record.n == 0) != (record.event == "received"):
        findings.append(Finding("case-broken", "no-beginning", what))
        return
    if record.n == 0:
        return
    at = places.get(record.previous)
    if at is None:
        findings.append(Finding("case-broken", "never-entered", what))
        return
    before = opened.get(at)
    if before is None:
        if last - event.opened > cadence.lag:
            findings.append(Finding("case-broken", "withheld", {**what, "slot": at.slot, "of": at.period}))
    elif not isinstance(before, EventRecord) or (before.case, before.n) != (record.case, record.n - 1):
        findings.append(Finding("case-broken", "other-before", what))


def _check_order(case: str, events: list[OpenEvent], findings: list[Finding]) -> None:
    instruments = {event.record.instrument for event in events}
    closing = [event.record.n for event in events if event.record.event == "closed"]
    answered = {"answered", "handed-over"} <= {event.record.event for event in events}
    if len(instruments) != 1:
        findings.append(Finding("case-broken", "other-instrument", {"case": case}))
    if closing and (closing != [events[-1].record.n] or len(events) != closing[0] + 1):
        findings.append(Finding("case-broken", "closed-in-part", {"case": case}))
    elif closing and not answered:
        findings.append(Finding("case-broken", "closed-unanswered", {"case": case}))
