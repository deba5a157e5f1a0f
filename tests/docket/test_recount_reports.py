"""Reports against openings: what is said of more demands than there are, or of fewer, is seen; what may be is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount_cases import Demands
from nullabona.docket.core.recount_reports import check_reports, count
from nullabona.docket.core.statements import Band, Report, Row
from nullabona.wire.slots import EventKind, EventRecord, Outcome, SlotRef
from tests.docket.made_logs import CADENCE

H1 = "1970H1"
A, B = "KR.a", "KR.b"


def demand(
    demands: Demands,
    number: int,
    instrument: str = A,
    *,
    at: int = 0,
    outcome: Outcome | None = None,
    answered: int = 1,
    handed: int | None = None,
    in_time: bool | None = None,
    notified: int | None = None,
    stays: tuple[int, ...] = (),
    closed: bool = True,
) -> None:
    """A demand of which everything is open, and what became of it."""
    events: list[tuple[EventKind, int, dict[str, object]]] = [("received", at, {})]
    if outcome is not None:
        events.append(("answered", answered, {"outcome": outcome, "identifiers": 3, "accounts": 2}))
    if handed is not None:
        events.append(("handed-over", handed, {"in_time": in_time}))
    if notified is not None:
        events.append(("notified", notified, {}))
    for when in stays:
        events += [("stayed", when, {}), ("resumed", when + 1, {})]
    if closed:
        events.append(("closed", 9, {}))
    for n, (kind, when, more) in enumerate(events):
        record = EventRecord(f"{number:032x}", n, kind, when, instrument, "", "0" * 64, **more)  # type: ignore[arg-type]
        demands.add(SlotRef(when, number), record, when)


def report(*rows: Row, until: int = 6, bands: tuple[Band, ...] = (), term: str = H1) -> Report:
    return Report(term, until, rows, bands, "0" * 64)


def problems(
    demands: Demands, *reports: Report, sealed: int = 0, period: int = 6
) -> list[tuple[str, Mapping[str, object]]]:
    """What does not recount, where these reports are of one period each."""
    findings: list[Finding] = []
    check_reports({each.term: (period, each) for each in reports}, demands, CADENCE, {H1: sealed}, findings)
    assert all(finding.message for finding in findings)
    assert {"report-wrong"} >= {finding.code for finding in findings}
    return [(finding.key, finding.values) for finding in findings]


@pytest.mark.parametrize(
    ("told", "row"),
    [
        ({}, Row(A, 1, pending=1)),
        ({"outcome": "refused"}, Row(A, 1, identifiers=3, accounts=2, refused=1)),
        ({"outcome": "produced_full"}, Row(A, 1, 3, 2, 2, produced_full=1)),
        ({"outcome": "produced_partial"}, Row(A, 1, 3, 2, 2, produced_partial=1)),
        ({"outcome": "answered_no_data"}, Row(A, 1, 3, 2, answered_no_data=1)),
        ({"outcome": "refused", "answered": 6}, Row(A, 1, 3, 2, refused=1)),
        ({"outcome": "refused", "answered": 7}, Row(A, 1, pending=1)),
        ({"handed": 6, "in_time": True}, Row(A, 1, pending=1, in_time=1)),
        ({"handed": 7, "in_time": True}, Row(A, 1, pending=1)),
        ({"handed": 6, "in_time": False}, Row(A, 1, pending=1)),
        ({"handed": 6}, Row(A, 1, pending=1)),
        ({"notified": 6}, Row(A, 1, pending=1, notified=1)),
        ({"notified": 7}, Row(A, 1, pending=1)),
        ({"stays": (6,)}, Row(A, 1, pending=1, stayed=1)),
        ({"stays": (7,)}, Row(A, 1, pending=1)),
        ({"stays": (2, 4)}, Row(A, 1, pending=1, stayed=1)),
        ({"outcome": "refused", "stays": (2,)}, Row(A, 1, pending=1, stayed=1)),
    ],
)
def test_a_demand_counts_as_what_had_become_of_it(told: dict[str, object], row: Row) -> None:
    """By the end of the period; accounts are produced only where something was."""
    demands = Demands()
    demand(demands, 1, **told)  # type: ignore[arg-type]
    assert {A: row} == count(demands.all(), 6)


def test_demands_are_counted_by_instrument() -> None:
    """Each row is the sum of its own."""
    demands = Demands()
    demand(demands, 1, outcome="refused")
    demand(demands, 2, B, outcome="produced_full", handed=2, in_time=True)
    demand(demands, 3, outcome="refused", notified=2)
    assert {
        A: Row(A, 2, 6, 4, refused=2, notified=1),
        B: Row(B, 1, 3, 2, 2, produced_full=1, in_time=1),
    } == count(demands.all(), 6)
    assert {} == count([], 6)


def test_a_report_that_is_right_has_no_finding() -> None:
    """Where all is open, where some is sealed, and where there is nothing."""
    demands = Demands()
    demand(demands, 1, outcome="refused")
    true = Row(A, 1, 3, 2, refused=1)
    more = Row(A, 3, 3, 2, refused=1, pending=2)
    assert [] == problems(demands, report(true))
    assert [] == problems(demands, report(more), sealed=2)
    assert [] == problems(Demands(), report())


def test_only_demands_of_the_half_year_and_of_its_time_are_held_against_it() -> None:
    """Received later, or in another half-year: they are not missed."""
    demands = Demands()
    demand(demands, 1, at=3)
    demand(demands, 2, at=4)
    demand(demands, 3, at=8)
    assert [] == problems(demands, report(Row(A, 1, pending=1), until=3))
    later = report(Row(A, 1, pending=1), until=9, term="1970H2")
    assert [] == problems(demands, report(Row(A, 2, pending=2), until=6), later, period=9)


@pytest.mark.parametrize(("until", "good"), [(6, True), (7, False)])
def test_a_report_counts_what_has_been(until: int, *, good: bool) -> None:
    """Up to the period that it is in."""
    assert ([] if good else [("reported-ahead", {"term": H1})]) == problems(Demands(), report(until=until))


@pytest.mark.parametrize(
    ("bands", "missed"),
    [((), True), ((Band(A, 0, 1),), True), ((Band(A, 0, 2),), False), ((Band(B, 0, 9),), True)],
)
def test_an_instrument_is_in_the_report_as_a_row_or_a_band(bands: tuple[Band, ...], *, missed: bool) -> None:
    """A band has room for what the log shows; the row of another instrument says nothing of it."""
    demands = Demands()
    demand(demands, 1)
    demand(demands, 2)
    wanted = [("unreported", {"term": H1, "count": 2, "instrument": A})] if missed else []
    assert wanted == problems(demands, report(bands=bands))
    assert wanted == problems(demands, report(Row(B, 1, refused=1), bands=bands), sealed=1)


@pytest.mark.parametrize("field", ["identifiers", "accounts", "produced_full", "in_time", "notified"])
def test_a_row_says_no_less_than_the_log_shows(field: str) -> None:
    """Of anything; what is sealed excuses none of it."""
    demands = Demands()
    demand(demands, 1, outcome="produced_full", handed=2, in_time=True, notified=3)
    true = {"identifiers": 3, "accounts": 2, "accounts_produced": 2, "produced_full": 1, "in_time": 1, "notified": 1}
    less = Row(A, 2, **(true | {field: true[field] - 1}), pending=1 + (field == "produced_full"))  # type: ignore[arg-type]
    assert [("reported-less", {"term": H1, "instrument": A, "fields": field})] == problems(
        demands, report(less), sealed=1
    )


def test_all_fields_that_fall_short_are_named() -> None:
    """In their order; pending demands may become fewer."""
    demands = Demands()
    demand(demands, 1)
    demand(demands, 2, outcome="produced_full")
    less = Row(A, 2, pending=2)
    short = {"instrument": A, "fields": "identifiers, accounts, accounts_produced, produced_full"}
    assert [("reported-less", {"term": H1, **short}), ("other-row", {"term": H1, "instrument": A})] == problems(
        demands, report(less)
    )


@pytest.mark.parametrize(
    ("row", "good"),
    [
        (Row(A, 5, produced_full=1, produced_partial=1, answered_no_data=1, refused=1, pending=1), True),
        (Row(A, 4, produced_full=1, produced_partial=1, answered_no_data=1, refused=1, pending=1), False),
        (Row(A, 6, produced_full=1, produced_partial=1, answered_no_data=1, refused=1, pending=1), False),
    ],
)
def test_outcomes_add_up(row: Row, *, good: bool) -> None:
    """To what was received."""
    wanted = [] if good else [("no-sum", {"term": H1, "instrument": A})]
    assert wanted == problems(Demands(), report(row), sealed=6)


def test_where_every_demand_is_open_the_row_is_what_they_show() -> None:
    """Nothing more can be said of them."""
    demands = Demands()
    demand(demands, 1, outcome="refused")
    other = Row(A, 1, 4, 2, refused=1)
    assert [("other-row", {"term": H1, "instrument": A})] == problems(demands, report(other), sealed=9)


@pytest.mark.parametrize(("sealed", "good"), [(5, True), (4, False)])
def test_no_more_is_hidden_than_is_sealed(sealed: int, *, good: bool) -> None:
    """Of all instruments together; one that says too little hides nothing for another."""
    demands = Demands()
    demand(demands, 1)
    rows = [Row(A, 3, pending=3), Row(B, 3, pending=3)]
    wanted = [] if good else [("reported-more", {"term": H1, "count": 5, "sealed": 4})]
    assert wanted == problems(demands, report(*rows), sealed=sealed)
    demand(demands, 2, "KR.c")
    demand(demands, 3, "KR.c")
    missing = ("reported-less", {"term": H1, "instrument": "KR.c", "fields": "received"})
    assert [missing, *wanted] == problems(demands, report(*rows, Row("KR.c", 1, pending=1)), sealed=sealed)


def test_what_is_sealed_in_another_half_year_hides_nothing() -> None:
    """A half-year without a sealed slot has none."""
    late = report(Row(A, 1, pending=1), term="1970H2")
    more = ("reported-more", {"term": "1970H2", "count": 1, "sealed": 0})
    assert [more] == problems(Demands(), late, sealed=9)


@pytest.mark.parametrize(
    ("refused", "in_time", "closed", "beyond"),
    [
        (1, 1, True, ""),
        (2, 1, True, "refused"),
        (1, 2, True, "in_time"),
        (2, 2, True, "refused, in_time"),
        (2, 2, False, ""),
        (3, 2, False, "refused"),
    ],
)
def test_of_a_demand_something_is_said_once(refused: int, in_time: int, beyond: str, *, closed: bool) -> None:
    """As often as it is open, and once for each that is sealed or is not closed yet."""
    demands = Demands()
    demand(demands, 1, closed=closed)
    row = Row(A, 2, refused=refused, in_time=in_time, pending=2 - refused) if refused < 3 else Row(A, 2, refused=3)
    wanted: list[object] = [("no-sum", {"term": H1, "instrument": A})] if refused == 3 else []
    if beyond:
        wanted.append(("reported-beyond", {"term": H1, "instrument": A, "fields": beyond}))
    assert wanted == problems(demands, report(row), sealed=1)


def test_every_instrument_that_is_left_out_is_named() -> None:
    """Not only the first."""
    demands = Demands()
    demand(demands, 1)
    demand(demands, 2, B)
    wanted = [("unreported", {"term": H1, "count": 1, "instrument": name}) for name in (A, B)]
    assert wanted == problems(demands, report())


def test_where_all_is_open_nothing_more_is_said() -> None:
    """Not even once."""
    demands = Demands()
    demand(demands, 1, outcome="refused")
    row = Row(A, 1, 3, 2, refused=1, notified=1)
    beyond = ("reported-beyond", {"term": H1, "instrument": A, "fields": "notified"})
    assert [("other-row", {"term": H1, "instrument": A}), beyond] == problems(demands, report(row), sealed=9)


def test_what_is_said_of_nothing_is_beyond() -> None:
    """Of an instrument without an open demand no more than its row has of sealed ones."""
    row = Row(A, 1, refused=1, notified=2)
    beyond = ("reported-beyond", {"term": H1, "instrument": A, "fields": "notified"})
    assert [beyond] == problems(Demands(), report(row), sealed=1)


def test_demands_of_one_instrument_are_counted_together() -> None:
    """Of two that are open and closed, two things may be said."""
    demands = Demands()
    for number in (1, 2):
        demand(demands, number, outcome="refused", notified=2)
    assert [] == problems(demands, report(Row(A, 3, 6, 4, refused=2, pending=1, notified=2)), sealed=1)
    assert [] == problems(demands, report(Row(A, 3, 6, 4, refused=3, notified=3)), sealed=1)
    beyond = ("reported-beyond", {"term": H1, "instrument": A, "fields": "notified"})
    assert [beyond] == problems(demands, report(Row(A, 3, 6, 4, refused=3, notified=4)), sealed=1)


@pytest.mark.parametrize(
    ("stayed", "wanted"),
    [(0, ["reported-less", "other-row"]), (1, []), (2, ["other-row", "reported-beyond"])],
)
def test_a_stay_is_reported_as_often_as_it_is_open(stayed: int, wanted: list[str]) -> None:
    """A report that leaves a stay out, or makes one up, is a wrong report."""
    demands = Demands()
    demand(demands, 1, stays=(2,))
    assert wanted == [key for key, _ in problems(demands, report(Row(A, 1, pending=1, stayed=stayed)))]
