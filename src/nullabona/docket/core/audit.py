"""What the auditor finds with the pointer key, from the public log alone (spec/docket.md §7.4).

Pure. The auditor counts the demands in sealed slots. A slot that the desk says holds nothing is checked against its
commitment, and the openings and reports are compared with what the pointers say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nullabona.docket.core.pointers import next_ratchet, open_pointer
from nullabona.docket.core.recount import Recount
from nullabona.docket.core.statements import Report
from nullabona.wire.slots import (
    CommitmentWrong,
    EventRecord,
    NullRecord,
    Record,
    RenewalRecord,
    SlotLeaf,
    SlotRef,
    commit,
)

_KINDS: Final[Mapping[int, type[Record]]] = {0: NullRecord, 1: EventRecord, 2: RenewalRecord}


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a slot's pointer says. ``happened``: the period of the event, by the key that opened the pointer."""

    at: SlotRef
    kind: type[Record]
    case: str
    happened: int
    true: bool
    """False: the slot commits to something else than nothing, or its opening to another thing than its pointer says."""


@dataclass(slots=True)
class Audit:
    """What the pointers of a log say."""

    pointed: list[Pointed] = field(default_factory=list)
    unreadable: list[SlotRef] = field(default_factory=list)
    """Slots whose pointer opens with no key of the log so far."""

    def count(self, kind: type[Record]) -> int:
        """How many slots hold a record of this kind."""
        return sum(each.kind is kind for each in self.pointed)

    def false(self) -> tuple[SlotRef, ...]:
        """Slots about which the desk lied to the auditor."""
        return tuple(each.at for each in self.pointed if not each.true)

    def cases(self) -> dict[str, tuple[Pointed, ...]]:
        """The events of each case, in the order of the log."""
        found: dict[str, list[Pointed]] = {}
        for each in self.pointed:
            if each.kind is EventRecord:
                found.setdefault(each.case, []).append(each)
        return {tag: tuple(events) for tag, events in found.items()}

    def begun(self, found: Recount) -> dict[str, int]:
        """The number of demands by the half-year in which they were taken in."""
        counts: dict[str, int] = {}
        for events in self.cases().values():
            term = found.cadence.term_of(min(event.happened for event in events))
            counts[term] = counts.get(term, 0) + 1
        return counts


def audit(found: Recount, pointer_key: bytes) -> Audit:
    """Read every pointer of a log that was recounted. ``pointer_key``: the one that left the desk at its founding."""
    result, keys = Audit(), [pointer_key]
    for batch in found.batches:
        for leaf in batch.slots:
            try:
                result.pointed.append(_point(leaf, keys, found.opened.get(leaf.at)))
            except CommitmentWrong:
                result.unreadable.append(leaf.at)
        keys.append(next_ratchet(keys[-1]))
    return result


def reported_wrong(result: Audit, found: Recount) -> Iterator[tuple[str, int, int, int]]:
    """Half-years whose report counts other demands than there are: term, demands, least and most reported."""
    begun = result.begun(found)
    for term, (_, report) in sorted(found.reports.items()):
        least, most = _reported(report)
        known = sum(
            found.cadence.term_of(first) == term and first <= report.until
            for first in (min(event.happened for event in events) for events in result.cases().values())
        )
        if not least <= known <= most:
            yield term, begun.get(term, 0), least, most


def _reported(report: Report) -> tuple[int, int]:
    exact = sum(row.received for row in report.rows)
    return exact + sum(band.least for band in report.bands), exact + sum(band.most for band in report.bands)


def _point(leaf: SlotLeaf, keys: Sequence[bytes], opened: Record | None) -> Pointed:
    """With the key of the slot's period, or of an earlier one: an event may have waited for a free slot."""
    for happened in range(len(keys) - 1, -1, -1):
        try:
            number, blind, tag = open_pointer(keys[happened], leaf.pointer)
        except CommitmentWrong:
            continue
        kind = _KINDS.get(number)
        if kind is None:
            break
        case = tag.hex() if kind is EventRecord else ""
        true = kind is not NullRecord or commit(blind, NullRecord()) == leaf.commitment
        if opened is not None:
            shown = opened.case if isinstance(opened, EventRecord) else ""
            true = true and (type(opened), shown) == (kind, case) and commit(blind, opened) == leaf.commitment
        return Pointed(leaf.at, kind, case, happened, true)
    raise CommitmentWrong("a pointer opens with no key of the log so far")
