"""The record, computed from the public log alone: the pages say only what anybody can verify.

The desk's own database is not asked. A figure is in the log as a report, and a demand as openings, before a page
shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from msgspec import UNSET, UnsetType

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.recount import Recount
from nullabona.docket.core.recount_cases import Demand
from nullabona.docket.core.statements import Opening, Report, Row, Statement
from nullabona.docket.site.held import held_rows
from nullabona.docket.site.publication import (
    ClassResult,
    Counts,
    Figure,
    Guidelines,
    Interruption,
    Interval,
    Item,
    LogView,
    Publication,
    Removal,
    Sealed,
    SignedRow,
    WitnessSeen,
)
from nullabona.docket.taxonomy import Catalogue
from nullabona.docket.taxonomy import Row as Law
from nullabona.log.keys import VerifierKey
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.wire.canonical import canonical
from nullabona.wire.demands import Answer, Branch, DataClass, Label, RefusalReason
from nullabona.wire.slots import SlotRef
from nullabona.words.catalogue import pick
from nullabona.words.demands import BRANCH

_NOTICE: Final[Mapping[str, Literal["after", "barred", "deferred", "nobody"]]] = {
    "notified": "after",
    "notice-barred": "barred",
    "notice-deferred": "deferred",
    "nobody-to-tell": "nobody",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the log does not say of its operator."""

    operator: Label
    contact: str
    custodian_sha256: str | None = None
    guidelines: Guidelines = field(default_factory=Guidelines)


def record_of(found: Recount, log: LogView, about: About, catalogue: Catalogue, now_s: int) -> Publication:
    """The record of a log that was recounted and holds; the caller has made sure of that."""
    newest = max(found.reports.values(), default=None, key=lambda report: report[0])
    laws = {row.id: row for row in catalogue.newest()}
    report = None if newest is None else _place_of(found, newest[1])
    return Publication(
        operator=about.operator,
        host=log.origin.partition("/")[0],
        contact=about.contact,
        made_s=now_s,
        taxonomy_sha256=catalogue.sha256.hex(),
        held=held_rows(),
        signed_off={
            row: SignedRow(found.cadence.begin_of(period) // DAY, source)
            for row, (period, source) in found.signed_off().items()
        },
        figures=tuple(figure for _, report in found.reports.values() for figure in _figures(report)),
        items=tuple(_items(found, laws)),
        sealed=tuple(_sealed(found, term) for term in found.terms()),
        log=log,
        custodian_sha256=about.custodian_sha256,
        guidelines=about.guidelines,
        report_index=None if report is None else report[0],
        report_entry="" if report is None else report[1],
    )


def log_view(note: bytes, policy_text: str, url: str, found: Recount) -> LogView:
    """The log as its checkpoint shows it. Raises what `Policy.check` raises."""
    policy = Policy.parse(policy_text)
    seen = policy.check(parse_note(note))
    times = dict(seen.witnesses)
    witnesses: dict[str, VerifierKey] = {}
    for witness in policy.witnesses:
        witnesses.setdefault(witness.name, witness.key)
    return LogView(
        origin=seen.checkpoint.origin,
        url=url,
        checkpoint=note.decode(),
        size=seen.checkpoint.size,
        root=seen.checkpoint.root.hex(),
        policy=policy_text,
        witnesses=tuple(WitnessSeen(n, key.name, key.encode(), times.get(n)) for n, key in witnesses.items()),
        slots=found.cadence.slots,
        period_s=found.cadence.period_s,
        outages=tuple(
            Interruption(found.cadence.begin_of(each.first), found.cadence.due_of(each.last), Label(each.ko, each.en))
            for each in found.outages
        ),
    )


def _figures(report: Report) -> Iterator[Figure]:
    half = _half(report.term)
    yield from (Figure(half, row.instrument, _counts(row), by={} if row.by is UNSET else row.by) for row in report.rows)
    yield from (Figure(half, band.instrument, demands=Interval(band.least, band.most)) for band in report.bands)


def _counts(row: Row) -> Counts:
    return Counts(
        received=row.received,
        identifiers_named=row.identifiers,
        accounts_matched=row.accounts,
        rejected=row.refused,
        answered_no_data=row.answered_no_data,
        produced_full=row.produced_full,
        produced_partial=row.produced_partial,
        accounts_produced=row.accounts_produced,
        notified_before=row.notified_before,
        notified_after=row.notified - row.notified_before,
        notice_deferred=row.notice_deferred,
        notice_barred=row.notice_barred,
        nobody_to_tell=row.nobody_to_tell,
        stayed=row.stayed,
        answered_in_time=row.in_time,
    )


def _items(found: Recount, laws: dict[str, Law]) -> Iterator[Item]:
    """Every demand whose answer is open, newest first, of kinds that may be shown one by one."""
    places = _openings(found)
    for demand in sorted(found.demands.all(), key=lambda demand: demand.first.at, reverse=True):
        law = laws.get(demand.first.instrument)
        if law is not None and law.publication.item != "never" and demand.last("answered") is not None:
            yield _item(demand, law, found.cadence, places)


def _item(demand: Demand, law: Law, cadence: Cadence, places: Mapping[SlotRef, tuple[int, str]]) -> Item:
    answered, closed = demand.last("answered"), demand.last("closed")
    assert answered is not None
    place = places.get(answered.at)
    reason = cast("RefusalReason | None", answered.record.reason)
    answers = tuple(
        ClassResult(cast("DataClass", asked), cast("Answer", answer), reason if answer == "refused" else None)
        for asked, answer in sorted(answered.record.answers.items())
    )
    return Item(
        tag=demand.case,
        half=_half(cadence.term_of(demand.first.at)),
        instrument=law.id,
        received_day=cadence.begin_of(demand.first.at) // DAY,
        closed_day=None if closed is None else cadence.begin_of(closed.record.at) // DAY,
        authority=_authority(demand.first.branch),
        identifiers=demand.first.identifiers,
        accounts=answered.record.accounts,
        answers=answers,
        notice=_notice(demand),
        refused=reason if answered.record.outcome == "refused" else None,
        log_index=place[0] if place else None,
        entry=place[1] if place else "",
        late=any(event.record.in_time is False for event in demand.events),
        gag="lifted" if demand.last("gag-lifted") else "none",
        removal=_removal(law),
    )


def _authority(branch: Branch | UnsetType) -> Label | None:
    """What sort of authority demanded; its name is only in the receipt."""
    return None if branch is UNSET else Label(pick(BRANCH[branch], "ko"), pick(BRANCH[branch], "en"))


def _notice(demand: Demand) -> Literal["before", "after", "deferred", "barred", "nobody", "none"]:
    """What the record says of the notice; before: it was given before the answer left."""
    told, handed = demand.last("notified"), demand.last("handed-over")
    if told is not None and handed is not None and told.record.n < handed.record.n:
        return "before"
    return next((name for event, name in _NOTICE.items() if demand.last(event)), "none")


def _removal(law: Law) -> Removal | None:
    if law.legal_class != "removal":
        return None
    return Removal(title=law.label.en, sender=law.issuers[0].replace("_", " "))


def _sealed(found: Recount, term: str) -> Sealed:
    """What is sealed may be anything from nothing to all demands: no more can be known."""
    periods = [batch.header.period for batch in found.batches if found.cadence.term_of(batch.header.period) == term]
    slots, sealed = len(periods) * found.cadence.slots, found.sealed(term)
    until = found.cadence.settled_by(periods[0]) // DAY
    return Sealed(_half(term), slots, slots - sealed, Interval(0, sealed), until)


def _place_of(found: Recount, report: Report) -> tuple[int, str] | None:
    """Which entry of the log a report is, and what it says."""
    return next(((index, canonical(said).decode()) for index, said in _statements(found) if said == report), None)


def _openings(found: Recount) -> dict[SlotRef, tuple[int, str]]:
    """Which entry of the log opens each slot, and what it says."""
    return {
        said.slot: (index, canonical(said).decode()) for index, said in _statements(found) if isinstance(said, Opening)
    }


def _statements(found: Recount) -> Iterator[tuple[int, Statement]]:
    for batch in found.batches:
        yield from enumerate(batch.statements, batch.end - len(batch.statements))


def _half(term: str) -> str:
    """``2026H2`` of the log as ``2026-H2``."""
    return f"{term[:4]}-{term[4:]}"
