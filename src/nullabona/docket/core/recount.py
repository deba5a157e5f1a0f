"""Recounts the docket from its public log alone: what holds, what fails, and what is unknowable (§8, §9).

Pure. Input: the entries, already verified against a checkpoint, and the times at which witnesses saw each period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nullabona.docket.core.batches import Batch, BatchWrong, read_batch
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount_cases import Demands, check_cases
from nullabona.docket.core.recount_reports import check_reports
from nullabona.docket.core.statements import Genesis, Opening, Outage, Report, Reseal, TaxonomyStated, parse_statement
from nullabona.errors import Malformed
from nullabona.wire.slots import (
    CommitmentWrong,
    EventRecord,
    NullRecord,
    Record,
    RenewalRecord,
    SlotLeaf,
    SlotRef,
    check_opening,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A period's kept checkpoint, verified under the policy.

    ``by_s``: the time by which a quorum had cosigned it; None: the policy requires no quorum.
    """

    size: int
    by_s: int | None
    times: tuple[int, ...] = ()


@dataclass(slots=True)
class Recount:
    """The result of a recount."""

    genesis: Genesis
    batches: list[Batch] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    slots: dict[SlotRef, SlotLeaf] = field(default_factory=dict)
    opened: dict[SlotRef, Record] = field(default_factory=dict)
    resealed: dict[SlotRef, SlotRef] = field(default_factory=dict)
    reports: dict[str, tuple[int, Report]] = field(default_factory=dict)
    demands: Demands = field(default_factory=Demands)
    outages: list[Outage] = field(default_factory=list)
    taxonomies: list[tuple[int, TaxonomyStated]] = field(default_factory=list)
    """What the log states of the taxonomy after its first leaf, each with its period."""

    @property
    def cadence(self) -> Cadence:
        return self.genesis.cadence

    @property
    def taxonomy(self) -> str:
        """The taxonomy that the log states last, of what was read so far."""
        return self.taxonomies[-1][1].taxonomy if self.taxonomies else self.genesis.taxonomy

    def signed_off(self) -> dict[str, tuple[int, str]]:
        """By the hash of a row: in which period it was signed off last, and by which text."""
        return {
            row.row: (period, row.source) for period, stated in self.taxonomies for row in stated.signed_off
        }  # fmt: skip

    def fault(self, code: str, key: str, **values: object) -> None:
        self.findings.append(Finding(code, key, values))

    def sealed(self, term: str) -> int:
        """The number of sealed slots of a half-year, including renewed ones."""
        return sum(at not in self.opened and self.cadence.term_of(at.period) == term for at in self.slots)

    def terms(self) -> tuple[str, ...]:
        """Every half-year that the log has slots of."""
        return tuple(sorted({self.cadence.term_of(batch.header.period) for batch in self.batches}))


def recount(entries: Sequence[bytes], stamps: Mapping[int, Stamp], now_s: int) -> Recount:
    """Recount a whole log. Raises `Malformed` if its beginning is not that of a docket log."""
    found = _begin(entries)
    _read(found, entries)
    _check_times(found, stamps, now_s)
    for batch in found.batches:
        _take_statements(found, batch)
    _check_renewals(found)
    check_cases(found.demands, found.cadence, found.slots, found.opened, found.findings, _last(found))
    _check_horizons(found, now_s)
    check_reports(found.reports, found.demands, found.cadence, {t: found.sealed(t) for t in found.terms()},
                  found.findings)  # fmt: skip
    return found


def periods_of(entries: Sequence[bytes]) -> int:
    """The number of whole periods in a log. Raises `Malformed` if its beginning is not that of a docket log."""
    found = _begin(entries)
    _read(found, entries)
    return len(found.batches)


def _begin(entries: Sequence[bytes]) -> Recount:
    genesis = parse_statement(entries[0]) if entries else None
    if not isinstance(genesis, Genesis):
        raise Malformed("the log's first leaf is not its genesis statement")
    return Recount(genesis)


def _last(found: Recount) -> int:
    return found.batches[-1].header.period if found.batches else 0


def _read(found: Recount, entries: Sequence[bytes]) -> None:
    """Read the batches: one per period, with nothing between them."""
    start = 0
    try:
        while batch := read_batch(entries, start, found.cadence, len(found.batches)):
            found.batches.append(batch)
            found.slots.update({leaf.at: leaf for leaf in batch.slots})
            start = batch.end
    except BatchWrong as error:
        found.fault("cadence-broken", error.key, period=len(found.batches), entry=start, **error.values)
    except Malformed as error:
        values = {"period": len(found.batches), "entry": start, "why": error.message}
        found.findings.append(Finding("cadence-broken", "unreadable", values, error.code))
    commitments = [leaf.commitment for leaf in found.slots.values()]
    if len(set(commitments)) != len(commitments):
        found.fault("cadence-broken", "twice")


def _check_times(found: Recount, stamps: Mapping[int, Stamp], now_s: int) -> None:
    cadence = found.cadence
    for batch in found.batches:
        period, stamp = batch.header.period, stamps.get(batch.header.period)
        due = cadence.due_of(period)
        if stamp is None or stamp.size != batch.end:
            found.fault("period-unwitnessed", "no-checkpoint", period=period)
        elif stamp.by_s is not None and stamp.by_s > due + cadence.window_s:
            late = stamp.by_s - due - cadence.window_s
            found.fault("period-late", "late", period=period, seconds=late)
        elif stamp.times and min(stamp.times) < due:
            found.fault("period-early", "early", period=period)
    missing = len(found.batches)
    if cadence.due_of(missing) + cadence.window_s < now_s:
        found.fault("period-late", "missing", period=missing, seconds=now_s - cadence.due_of(missing))


def _take_statements(found: Recount, batch: Batch) -> None:
    for statement in batch.statements:
        match statement:
            case Opening():
                _open(found, statement, batch.header.period)
            case Reseal():
                _reseal(found, statement, batch.header.period)
            case Report():
                _take_report(found, statement, batch.header.period)
            case Outage():
                if not statement.first <= statement.last < batch.header.period:
                    found.fault("outage-wrong", "outage-to-come", period=batch.header.period)
                found.outages.append(statement)
            case TaxonomyStated():
                found.taxonomies.append((batch.header.period, statement))
            case Genesis():
                found.fault("genesis-missing", "second-genesis", period=batch.header.period)


def _take_report(found: Recount, report: Report, period: int) -> None:
    if report.taxonomy != found.taxonomy:
        found.fault("report-wrong", "other-taxonomy", term=report.term)
    if report.term in found.reports:
        found.fault("report-wrong", "reported-twice", term=report.term)
    found.reports.setdefault(report.term, (period, report))


def _open(found: Recount, opening: Opening, period: int) -> None:
    at, leaf = opening.slot, found.slots.get(opening.slot)
    where = {"slot": at.slot, "of": at.period}
    if leaf is None or at.period > period:
        found.fault("opening-wrong", "opens-nothing", period=period, **where)
        return
    if at in found.opened:
        found.fault("opening-wrong", "opened-twice", **where)
        return
    try:
        check_opening(leaf.commitment, bytes.fromhex(opening.blind), opening.record)
    except CommitmentWrong:
        found.fault("opening-wrong", "opened-wrong", period=period, **where)
        return
    found.opened[at] = opening.record
    if isinstance(opening.record, EventRecord):
        found.demands.add(at, opening.record, period)


def _reseal(found: Recount, reseal: Reseal, period: int) -> None:
    where = {"slot": reseal.of.slot, "of": reseal.of.period}
    if not {reseal.of, reseal.to} <= found.slots.keys() or not reseal.of.period < period == reseal.to.period:
        found.fault("reseal-wrong", "renewed-out-of-place", period=period, **where)
    elif reseal.of in found.resealed or reseal.of in found.opened:
        found.fault("reseal-wrong", "renewed-again", **where)
    elif reseal.to in found.resealed.values():
        found.fault("reseal-wrong", "renewed-together", **where)
    else:
        found.resealed[reseal.of] = reseal.to


def _check_renewals(found: Recount) -> None:
    targets = {to: of for of, to in found.resealed.items()}
    for at, record in found.opened.items():
        of = record.of if isinstance(record, RenewalRecord) else None
        if of != targets.get(at):
            found.fault("reseal-wrong", "renewal-unstated", slot=at.slot, of=at.period)


def _taken_over(found: Recount, slots: Sequence[SlotRef]) -> list[SlotRef]:
    """The slots that the open ones among ``slots`` took over: opening a renewal must open those too."""
    records = [found.opened.get(at) for at in slots]
    return [record.of for record in records if isinstance(record, RenewalRecord)]


def _empty_shown(found: Recount, slots: Sequence[SlotRef]) -> bool:
    """Whether a slot that held nothing was opened and not renewed: then the number of renewed ones says something."""
    return any(at not in found.resealed and isinstance(found.opened.get(at), NullRecord) for at in slots)


def _check_horizons(found: Recount, now_s: int) -> None:
    """Check that slots past their horizon are open, except exactly a multiple of the band, or all empty ones."""
    band = found.cadence.band
    for term in found.terms():
        slots = [at for at in found.slots if found.cadence.term_of(at.period) == term]
        if now_s <= found.cadence.settled_by(slots[0].period):
            continue
        shut = [at for at in slots if at not in found.opened and at not in found.resealed]
        shut += [of for of in _taken_over(found, slots) if of not in found.opened]
        if shut:
            found.fault("slot-overdue", "overdue", count=len(shut), term=term, slot=shut[0].slot, of=shut[0].period)
        renewed = sum(at in found.resealed for at in slots)
        too_few = band and (renewed == 0 or renewed % band) and (shut or _empty_shown(found, slots))
        if (band == 0 and renewed) or too_few:
            found.fault("band-broken", "band", count=renewed, term=term, band=band)
