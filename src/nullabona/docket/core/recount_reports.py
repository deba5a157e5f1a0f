"""Checks reports against openings: a row may exceed what was opened only by sealed slots (spec/docket.md §7.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import UNSET, UnsetType

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount_cases import Demand, Demands
from nullabona.docket.core.statements import Report, Row
from nullabona.wire.demands import Branch
from nullabona.wire.slots import EventKind

_HAPPENED: Final[Mapping[str, EventKind]] = {
    "notice_deferred": "notice-deferred", "notice_barred": "notice-barred", "nobody_to_tell": "nobody-to-tell",
    "stayed": "stayed",
}  # fmt: skip
"""Figures of demands with such an event, whatever came after it: a notice may be given later, a stay may end."""
_ONCE: Final = (
    "produced_full", "produced_partial", "answered_no_data", "refused", "in_time", "notified", "notified_before",
    *_HAPPENED,
)  # fmt: skip
"""The figures that count each demand at most once."""


def count(demands: Iterable[Demand], until: int) -> dict[str, Row]:
    """A row per instrument, of the events up to the end of period ``until``."""
    counts: dict[str, Counter[str]] = {}
    by: dict[str, Counter[Branch]] = {}
    split: set[str] = set()
    for demand in demands:
        name, branch = demand.first.instrument, _branch(demand, until)
        counts.setdefault(name, Counter()).update(_of(demand, until))
        # Without a branch beside others that have one: it came before the rules allowed to tell.
        by.setdefault(name, Counter())["other" if branch is UNSET else branch] += 1
        split |= set() if branch is UNSET else {name}
    return {
        name: Row(instrument=name, **numbers, by=dict(sorted(by[name].items())) if name in split else UNSET)
        for name, numbers in counts.items()
    }


def _branch(demand: Demand, until: int) -> Branch | UnsetType:
    """What sort of authority demanded, by the last amendment if there was one."""
    amended = demand.last("amended", until)
    return (amended.record if amended is not None else demand.first).branch


def _of(demand: Demand, until: int) -> Counter[str]:
    found = Counter({"received": 1})
    answered = demand.last("answered", until)
    again = [each.record.n for name in ("amended", "stayed", "resumed") if (each := demand.last(name, until))]
    begun_again = answered is not None and max(again, default=0) > answered.record.n
    if answered is None or answered.record.outcome is None or begun_again:
        found["pending"] += 1
    else:
        found[answered.record.outcome] += 1
        found["identifiers"] += answered.record.identifiers
        found["accounts"] += answered.record.accounts
        produced = answered.record.outcome.startswith("produced")
        found["accounts_produced"] += answered.record.accounts if produced else 0
    handed = demand.last("handed-over", until)
    found["in_time"] += handed is not None and handed.record.in_time is True
    told = demand.last("notified", until)
    found["notified"] += told is not None
    found["notified_before"] += told is not None and handed is not None and told.record.n < handed.record.n
    for figure, event in _HAPPENED.items():
        found[figure] += demand.last(event, until) is not None
    return found


def check_reports(
    reports: Mapping[str, tuple[int, Report]], demands: Demands, cadence: Cadence, sealed: Mapping[str, int],
    findings: list[Finding],
) -> None:  # fmt: skip
    """Adds figures that cannot be right to ``findings``."""
    for term, (period, report) in reports.items():
        if report.until > period:
            findings.append(Finding("report-wrong", "reported-ahead", {"term": term}))
        own = [d for d in demands.all() if cadence.term_of(d.first.at) == term and d.first.at <= report.until]
        opened = count(own, report.until)
        problems = [*_problems(report, opened, sealed.get(term, 0)), *_beyond(report, opened, _most(own, report.until))]
        findings += [Finding("report-wrong", key, {"term": term, **values}) for key, values in problems]


def _problems(report: Report, opened: Mapping[str, Row], sealed: int) -> Iterable[tuple[str, dict[str, object]]]:
    """Keys of `findings.SENTENCES` with their values, except the half-year."""
    rows = {row.instrument: row for row in report.rows}
    bands = {band.instrument: band for band in report.bands}
    hidden = 0
    for instrument in sorted(rows.keys() | opened.keys()):
        shown = opened.get(instrument, Row(instrument, 0))
        row, band = rows.get(instrument), bands.get(instrument)
        if row is None:
            if band is None or shown.received > band.most:
                yield "unreported", {"count": shown.received, "instrument": instrument}
            continue
        short = [
            name
            for name in Row.__struct_fields__[1:]
            if name not in {"pending", "by"} and getattr(row, name) < getattr(shown, name)
        ]
        if any(_by(row)[branch] < number for branch, number in _by(shown).items()):
            short.append("by")
        if short:
            yield "reported-less", {"instrument": instrument, "fields": ", ".join(short)}
        if row.by is not UNSET and sum(row.by.values()) != row.received:
            yield "no-sum-by", {"instrument": instrument}
        if row.received != row.produced_full + row.produced_partial + row.answered_no_data + row.refused + row.pending:
            yield "no-sum", {"instrument": instrument}
        hidden += max(0, row.received - shown.received)
        if row.received == shown.received and row != shown:
            yield "other-row", {"instrument": instrument}
    if hidden > sealed:
        yield "reported-more", {"count": hidden, "sealed": sealed}


def _by(row: Row) -> Counter[Branch]:
    return Counter() if row.by is UNSET else Counter(row.by)


def _most(demands: Iterable[Demand], until: int) -> dict[str, Counter[str]]:
    """Per instrument, the most open demands that each figure may count: an unclosed one may have sealed events."""
    found: dict[str, Counter[str]] = {}
    for demand in demands:
        own = _of(demand, until) if demand.last("closed") is not None else Counter(_ONCE)
        found.setdefault(demand.first.instrument, Counter()).update(own)
    return found


def _beyond(
    report: Report, opened: Mapping[str, Row], most: Mapping[str, Counter[str]]
) -> Iterable[tuple[str, dict[str, object]]]:
    """As `_problems`: figures that count more demands than can be open or sealed."""
    for row in report.rows:
        shown = opened[row.instrument].received if row.instrument in opened else 0
        hidden, may = max(0, row.received - shown), most.get(row.instrument, Counter())
        fields = [name for name in _ONCE if getattr(row, name) > may[name] + hidden]
        if fields:
            yield "reported-beyond", {"instrument": row.instrument, "fields": ", ".join(fields)}
