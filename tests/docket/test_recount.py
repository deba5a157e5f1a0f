"""Recounting a log from its entries alone: an honest one has no finding, each lie has its own, with its place."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.recount import Stamp, periods_of, recount
from nullabona.docket.core.statements import Genesis, Outage, Report, Reseal, Row, Statement, TaxonomyStated
from nullabona.errors import Malformed
from nullabona.wire.slots import NullRecord, RenewalRecord, SlotRef
from tests.docket.made_logs import CADENCE, CASE, GENESIS, Log, event, found, log_of, places

BY = ("1" * 64, "2" * 64)
H1, H2 = "1970H1", "1970H2"
HORIZON = 241 * DAY
"""When the first half-year is settled."""


def report(*rows: Row, term: str = H1, until: int = 0) -> Report:
    return Report(term, until, rows, (), "0" * 64)


def test_an_honest_log_has_no_finding() -> None:
    """It is read whole: its periods, its slots, what is open, and its half-years."""
    log = log_of(8)
    log.add(log.opening(0, 0))
    result = log.recount(HORIZON)
    assert [] == found(result)
    assert [*range(9)] == [batch.header.period for batch in result.batches]
    assert log.ends == [batch.end for batch in result.batches]
    assert log.records.keys() == result.slots.keys()
    assert {SlotRef(0, 0): NullRecord()} == result.opened
    assert ((H1, H2), 13, 4, 0) == (result.terms(), result.sealed(H1), result.sealed(H2), result.sealed("1971H1"))
    assert (CADENCE, 9) == (result.cadence, periods_of(log.entries))


def test_a_log_that_has_only_begun_has_no_period() -> None:
    """That is nothing yet, until the first is late."""
    log = Log()
    assert [] == found(log.recount(CADENCE.due_of(0) + CADENCE.window_s))
    assert (0, ()) == (periods_of(log.entries), log.recount().terms())


@pytest.mark.parametrize("entries", [[], log_of(1).entries[1:], [b"\x03{}"], [b""]])
def test_what_does_not_begin_as_a_docket_is_none(entries: list[bytes]) -> None:
    """It is not recounted, and has no periods."""
    with pytest.raises(Malformed):
        recount(entries, {}, 0)
    with pytest.raises(Malformed):
        periods_of(entries)


@pytest.mark.parametrize(
    ("lie", "key", "values"),
    [
        (lambda e: e[:4] + e[7:], "unexpected", {"period": 1, "entry": 4, "came": 2}),
        (lambda e: e[:-1], "short", {"period": 3, "entry": 10}),
        (lambda e: e[:-2], "short", {"period": 3, "entry": 10}),
        (lambda e: [*e[:5], e[6], e[5], *e[7:]], "misplaced", {"period": 1, "entry": 4, "slot": 0}),
        (lambda e: [*e[:4], b"\x09", *e[5:]], "unreadable", {"period": 1, "entry": 4, "why": "not a batch header"}),
        (lambda e: [*e[:5], b"\x09", *e[6:]], "unreadable", {"period": 1, "entry": 4, "why": "not a slot"}),
        (lambda e: [*e, b"\x09"], "unreadable", {"period": 4, "entry": 13, "why": "not a batch header"}),
    ],
)
def test_a_log_is_read_up_to_what_is_not_there(
    lie: Callable[[list[bytes]], list[bytes]], key: str, values: dict[str, object]
) -> None:
    """Where that is, is said; periods before it count."""
    log = log_of(4)
    result = recount(lie(log.entries), log.stamps(), 0)
    assert ("cadence-broken", key, values) == found(result)[0]
    assert values["period"] == len(result.batches) == periods_of(lie(log.entries))
    assert ("malformed" if key == "unreadable" else "") == result.findings[0].cause


def test_a_commitment_stands_in_the_log_once() -> None:
    """A slot that is written twice could be opened for both."""
    log = log_of(2)
    entry = bytearray(log.entries[6])
    entry[7:39] = log.entries[2][7:39]
    log.entries[6] = bytes(entry)
    assert [("cadence-broken", "twice", {})] == found(log.recount())


DUE = CADENCE.due_of(1)


@pytest.mark.parametrize(
    ("stamp", "wanted"),
    [
        (Stamp(7, DUE + 600, (DUE,)), []),
        (Stamp(7, DUE, ()), []),
        (Stamp(7, None, ()), []),
        (Stamp(7, None, (DUE,)), []),
        (None, [("period-unwitnessed", "no-checkpoint", {"period": 1})]),
        (Stamp(6, DUE, ()), [("period-unwitnessed", "no-checkpoint", {"period": 1})]),
        (Stamp(7, DUE + 601, (DUE,)), [("period-late", "late", {"period": 1, "seconds": 1})]),
        (Stamp(7, DUE + 700, (DUE - 1,)), [("period-late", "late", {"period": 1, "seconds": 100})]),
        (Stamp(7, DUE, (DUE + 5, DUE - 1)), [("period-early", "early", {"period": 1})]),
        (Stamp(7, None, (DUE - 1,)), [("period-early", "early", {"period": 1})]),
    ],
)
def test_a_period_is_witnessed_within_its_window(stamp: Stamp | None, wanted: list[object]) -> None:
    """Neither before its end nor after the window, as the policy believes it; a checkpoint of another size is none."""
    log = log_of(3)
    stamps = log.stamps()
    del stamps[1]
    result = log.recount(stamps=stamps | ({1: stamp} if stamp is not None else {}))
    assert wanted == found(result)
    if stamp is not None and result.findings:
        assert (1 if result.findings[0].key == "late" else None) == result.findings[0].period


@pytest.mark.parametrize(("late", "missed"), [(600, False), (601, True)])
def test_a_period_that_did_not_come_is_late(late: int, *, missed: bool) -> None:
    """Once its window is over."""
    now_s = CADENCE.due_of(2) + late
    wanted = [("period-late", "missing", {"period": 2, "seconds": late})] if missed else []
    assert wanted == found(log_of(2).recount(now_s))


def test_a_slot_is_opened_with_what_was_committed_to() -> None:
    """In its own period or later; an event is its case's, what is nothing is nobody's."""
    log = Log()
    log.records = {SlotRef(0, 0): event(), SlotRef(0, 1): NullRecord()}
    log.add(log.opening(0, 0), records={0: event()})
    log.add(log.opening(0, 1))
    result = log.recount()
    assert [] == found(result)
    assert {SlotRef(0, 0): event(), SlotRef(0, 1): NullRecord()} == result.opened
    assert [(CASE, SlotRef(0, 0), 0)] == [
        (case, one.at, one.opened) for case, events in result.demands.by_case.items() for one in events
    ]


@pytest.mark.parametrize(
    ("opened", "key", "values"),
    [
        ([(9, 0)], "opens-nothing", {"period": 1, "slot": 0, "of": 9}),
        ([(0, 7)], "opens-nothing", {"period": 1, "slot": 7, "of": 0}),
        ([(2, 1)], "opens-nothing", {"period": 1, "slot": 1, "of": 2}),
        ([(0, 1), (0, 1)], "opened-twice", {"slot": 1, "of": 0}),
    ],
)
def test_only_what_is_in_the_log_and_shut_is_opened(
    opened: list[tuple[int, int]], key: str, values: dict[str, object]
) -> None:
    """Once."""
    log = log_of(1)
    log.records[SlotRef(2, 1)] = NullRecord()
    log.add(*(log.opening(*at) for at in opened))
    log.add()
    result = log.recount()
    assert [("opening-wrong", key, values)] == found(result)
    assert ({SlotRef(0, 1)} if key == "opened-twice" else set()) == result.opened.keys()


def test_what_was_not_committed_to_is_no_opening() -> None:
    """Nothing of it counts; the true one may still come."""
    log = log_of(1)
    log.records[SlotRef(0, 0)] = event()
    lie = log.opening(0, 0)
    log.records[SlotRef(0, 0)] = NullRecord()
    log.add(lie)
    log.add(log.opening(0, 0))
    result = log.recount()
    assert [("opening-wrong", "opened-wrong", {"period": 1, "slot": 0, "of": 0})] == found(result)
    assert ({SlotRef(0, 0): NullRecord()}, {}) == (result.opened, result.demands.by_case)


def test_statements_are_taken_for_what_they_are() -> None:
    """Reports by their half-year, outages in their order; a new taxonomy is nobody's fault."""
    first, second = report(until=1), msgspec.structs.replace(report(term=H2, until=1), taxonomy="1" * 64)
    outage = Outage(0, 1, "정전", "a power cut")
    log = log_of(3, outage, first, TaxonomyStated("1" * 64), second)
    result = log.recount()
    assert [] == found(result)
    assert ({H1: (2, first), H2: (2, second)}, [outage]) == (result.reports, result.outages)


def test_the_first_of_two_reports_counts() -> None:
    """The other one is a fault."""
    log = log_of(1, report(until=0))
    log.add(report(until=1))
    result = log.recount()
    assert [("report-wrong", "reported-twice", {"term": H1})] == found(result)
    assert {H1: (0, report(until=0))} == result.reports


@pytest.mark.parametrize(
    ("first", "last", "good"), [(0, 0, True), (0, 1, True), (1, 1, True), (0, 2, False), (1, 0, False), (2, 2, False)]
)
def test_an_outage_is_of_what_is_over(first: int, last: int, *, good: bool) -> None:
    """It is shown in any case."""
    outage = Outage(first, last, "정전", "a power cut")
    result = log_of(3, outage).recount()
    assert ([] if good else [("outage-wrong", "outage-to-come", {"period": 2})]) == found(result)
    assert [outage] == result.outages


def test_a_log_has_one_genesis() -> None:
    """Another one changes nothing of what it is bound to."""
    other = Genesis("other.example/log", CADENCE, "0" * 64)
    result = log_of(2, other).recount()
    assert [("genesis-missing", "second-genesis", {"period": 1})] == found(result)
    assert GENESIS == result.genesis


# -- renewals ----------------------------------------------------------------------------------------------------------


def reseal(of: tuple[int, int], to: tuple[int, int]) -> Reseal:
    return Reseal(SlotRef(*of), SlotRef(*to))


def test_a_slot_is_renewed_by_one_of_the_period_that_says_so() -> None:
    """Which takes over from it."""
    result = log_of(2, reseal((0, 0), (1, 1)), reseal((0, 1), (1, 0))).recount()
    assert [] == found(result)
    assert {SlotRef(0, 0): SlotRef(1, 1), SlotRef(0, 1): SlotRef(1, 0)} == result.resealed


OUT = "renewed-out-of-place"


@pytest.mark.parametrize(
    ("stated", "key", "values"),
    [
        ([reseal((0, 7), (1, 1))], OUT, {"period": 1, "slot": 7, "of": 0}),
        ([reseal((0, 0), (1, 7))], OUT, {"period": 1, "slot": 0, "of": 0}),
        ([reseal((0, 0), (2, 0))], OUT, {"period": 1, "slot": 0, "of": 0}),
        ([reseal((0, 0), (0, 1))], OUT, {"period": 1, "slot": 0, "of": 0}),
        ([reseal((1, 0), (1, 1))], OUT, {"period": 1, "slot": 0, "of": 1}),
        ([reseal((2, 0), (1, 1))], OUT, {"period": 1, "slot": 0, "of": 2}),
        ([reseal((0, 0), (1, 0)), reseal((0, 0), (1, 1))], "renewed-again", {"slot": 0, "of": 0}),
        ([log_of(1).opening(0, 0), reseal((0, 0), (1, 1))], "renewed-again", {"slot": 0, "of": 0}),
        ([reseal((0, 0), (1, 0)), reseal((0, 1), (1, 0))], "renewed-together", {"slot": 1, "of": 0}),
    ],
)
def test_a_renewal_out_of_place_is_none(stated: list[Statement], key: str, values: dict[str, object]) -> None:
    """Nothing is taken over by it."""
    log = log_of(1)
    log.add(*stated)
    log.add()
    result = log.recount()
    assert [("reseal-wrong", key, values)] == found(result)
    assert len(stated) - 1 - (key == "renewed-again" and len(result.opened)) == len(result.resealed)


@pytest.mark.parametrize(
    ("stated", "held", "good"),
    [
        (True, RenewalRecord(SlotRef(0, 0), BY), True),
        (True, RenewalRecord(SlotRef(0, 1), BY), False),
        (True, NullRecord(), False),
        (False, RenewalRecord(SlotRef(0, 0), BY), False),
        (False, NullRecord(), True),
    ],
)
def test_a_renewal_that_is_opened_is_the_one_that_was_stated(
    held: NullRecord | RenewalRecord, *, stated: bool, good: bool
) -> None:
    """And one that was stated is no other record."""
    log = log_of(1)
    log.add(*([reseal((0, 0), (1, 1))] if stated else []), records={1: held})
    log.add(log.opening(1, 1))
    wanted = [] if good else [("reseal-wrong", "renewal-unstated", {"slot": 1, "of": 1})]
    assert wanted == found(log.recount())


# -- horizons ----------------------------------------------------------------------------------------------------------


def settled(shut: list[SlotRef], renewed: list[SlotRef], band: int = 2) -> Log:
    """A log of which the first half-year is open but for these; two are renewed in each later period."""
    log = Log(msgspec.structs.replace(GENESIS, cadence=msgspec.structs.replace(CADENCE, band=band)))
    for _ in range(7):
        log.add()
    first = [at for at in sorted(log.records) if at not in shut and at not in renewed]
    log.add(*(log.opening(at.period, at.slot) for at in first))
    for two in (renewed[:2], renewed[2:4]):
        log.add(*(Reseal(of, SlotRef(len(log.ends), n)) for n, of in enumerate(two)))
    return log


@pytest.mark.parametrize("now_s", [HORIZON, HORIZON + 1])
@pytest.mark.parametrize("renewed", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("shut", [0, 2])
def test_a_half_year_is_settled_at_its_horizon(now_s: int, renewed: int, shut: int) -> None:
    """Not a second before: then everything is open but for a multiple of the band, at least one."""
    every = places((0, 1), (3, 0), (4, 1), (5, 0), (6, 1), (6, 0))
    log = settled(every[:shut], every[2 : 2 + renewed])
    wanted: list[object] = []
    if now_s > HORIZON and shut:
        wanted.append(("slot-overdue", "overdue", {"count": 2, "term": H1, "slot": 1, "of": 0}))
    if now_s > HORIZON and renewed not in {2, 4}:
        wanted.append(("band-broken", "band", {"count": renewed, "term": H1, "band": 2}))
    assert wanted == found(log.recount(now_s))


@pytest.mark.parametrize("renewed", [0, 1, 2])
def test_without_a_band_nothing_is_renewed(renewed: int) -> None:
    """Everything is opened."""
    log = settled([], places((0, 0), (0, 1))[:renewed], 0)
    wanted = [("band-broken", "band", {"count": renewed, "term": H1, "band": 0})] if renewed else []
    assert wanted == found(log.recount(HORIZON + 1))


def test_what_is_not_settled_yet_may_be_shut() -> None:
    """The second half-year is sealed when the first is settled."""
    result = settled([], places((0, 0), (0, 1))).recount(HORIZON + 1)
    assert ([], 2, 6) == (found(result), result.sealed(H1), result.sealed(H2))


@pytest.mark.parametrize(("also", "shut"), [([], [0, 1]), ([1], [0]), ([0], [1]), ([0, 1], [])])
def test_whoever_opens_a_renewal_opens_what_it_took_over(also: list[int], shut: list[int]) -> None:
    """When the half-year of the renewal is settled, what it took over from an earlier one is open too."""
    log = log_of(7)
    first = [log.opening(at.period, at.slot) for at in sorted(log.records) if at.period > 0]
    records = {n: RenewalRecord(SlotRef(0, n), BY) for n in (0, 1)}
    log.add(*first, *(reseal((0, n), (7, n)) for n in (0, 1)), records=records)
    for _ in range(5):
        log.add()
    second = [log.opening(period, slot) for period in (7, 9, 10, 11, 12) for slot in (0, 1)]
    taken = [log.opening(0, slot) for slot in also]
    log.add(*second, *taken, *(reseal((8, n), (13, n)) for n in (0, 1)))
    log.add()
    overdue = {"count": len(shut), "term": H2, "slot": shut[0] if shut else 0, "of": 0}
    wanted = [("slot-overdue", "overdue", overdue)] if shut else []
    assert wanted == found(log.recount(CADENCE.settled_by(7) + 1))


def test_an_event_that_is_withheld_is_missed_at_the_end_of_the_log() -> None:
    """The lag runs from the opening of what follows it to the newest period."""
    log = Log()
    log.records[SlotRef(0, 0)] = event()
    later = event(1, "answered", 0, log.commitment(SlotRef(0, 0)))
    log.records[SlotRef(0, 1)] = later
    log.add(log.opening(0, 1), records={0: event(), 1: later})
    for _ in range(3):
        log.add()
    assert [] == found(log.recount())
    log.add()
    withheld = {"n": 1, "case": CASE, "slot": 0, "of": 0}
    assert [("case-broken", "withheld", withheld)] == found(log.recount())


@pytest.mark.parametrize(("received", "wanted"), [
    (3, []),
    (4, [("report-wrong", "reported-more", {"term": H1, "count": 4, "sealed": 3})]),
])  # fmt: skip
def test_a_report_is_held_against_what_is_sealed(received: int, wanted: list[object]) -> None:
    """No more can be hidden than there are slots that are not open."""
    log = log_of(1)
    log.add(log.opening(0, 0), report(Row("KR.search", received, pending=received), until=1))
    assert wanted == found(log.recount())


def test_an_event_that_is_late_says_by_how_much() -> None:
    """In periods: when it was entered, and when it was opened."""
    log = log_of(5)
    late = event(at=1, open_by=4)
    log.records[SlotRef(5, 0)] = late
    log.add(records={0: late})
    log.add(log.opening(5, 0))
    what = {"n": 0, "case": CASE}
    assert [
        ("event-late", "entered-late", what | {"periods": 4}),
        ("event-late", "opened-late", what | {"periods": 2}),
    ] == found(log.recount())
