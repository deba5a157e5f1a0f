"""Demands by the sort of authority: counted by everybody, and never where it could name a secret one."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from msgspec import UNSET

from nullabona.docket.core.acts import AuthorityDetails
from nullabona.docket.core.instrument import DAY, may_split
from nullabona.docket.core.records import Authority
from nullabona.docket.core.recount_cases import Demands
from nullabona.docket.core.recount_reports import count
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.statements import Row
from nullabona.docket.core.terms import term_of
from nullabona.docket.site.exports import authorities_csv
from nullabona.docket.site.figures import FigureWrong, check_figures
from nullabona.docket.site.publication import Counts, Figure
from nullabona.docket.site.recounted import About, log_view, record_of
from nullabona.docket.taxonomy import load
from nullabona.wire.demands import Branch, Label
from nullabona.wire.slots import EventRecord, SlotRef
from tests.docket.desks import NOON, demand
from tests.docket.example_site import example
from tests.docket.publishing import POLICY, PublicOffice
from tests.docket.test_recount_reports import A, problems, report

TERM = term_of(NOON)
MIXED: tuple[Branch | None, ...] = ("police", None)
THREE: tuple[Branch, ...] = ("police", "police", "court")


def received(demands: Demands, number: int, branch: Branch | None) -> None:
    record = EventRecord(f"{number:032x}", 0, "received", 0, A, "", "0" * 64, branch=branch or UNSET)
    demands.add(SlotRef(0, number), record, 0)


def test_each_demand_is_counted_once_by_its_branch() -> None:
    """And a kind of which nothing may be told has no such figure, not an empty one."""
    demands = Demands()
    for number, branch in enumerate(THREE):
        received(demands, number, branch)
    assert {"police": 2, "court": 1} == count(demands.all(), 6)[A].by
    bare = Demands()
    received(bare, 1, None)
    assert UNSET is count(bare.all(), 6)[A].by


def test_what_came_before_the_split_is_not_sorted() -> None:
    """A half-year in which the rules changed adds up, so that its report is no lie for ever."""
    demands = Demands()
    for number, branch in enumerate(MIXED):
        received(demands, number, branch)
    row = count(demands.all(), 6)[A]
    assert {"other": 1, "police": 1} == row.by
    assert [] == problems(demands, report(row))


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ({"police": 1, "court": 1}, "reported-less"),
        ({"police": 2}, "reported-less"),
        ({"police": 3, "court": 1}, "no-sum-by"),
        (UNSET, "reported-less"),
        ({"police": 2, "court": 1}, ""),
    ],
)
def test_another_split_than_the_open_demands_is_a_wrong_report(by: dict[Branch, int], found: str) -> None:
    """Shifted from one authority to another, left out, or more than there are."""
    demands = Demands()
    for number, branch in enumerate(THREE):
        received(demands, number, branch)
    keys = [key for key, _ in problems(demands, report(Row(A, 3, pending=3, by=by)))]
    assert (found in keys) if found else keys == []


def test_the_registry_s_branch_is_in_report_page_and_file(public_office: PublicOffice) -> None:
    """From the authority that two registered to the public files, recounted on the way."""
    office = public_office
    court = Authority("court", "서울중앙지방법원", "KR", "+82-2-530-1114", office.clock() // DAY, "ina", branch="court")
    office.both("ina", "cora", DeskAction.REGISTER_AUTHORITY, AuthorityDetails(court))
    office.whole()
    given = msgspec.structs.replace(demand(office.clock), authority="court", authority_ref="2026머1")
    office.take_in(given=given)
    office.tick()
    shown = {row.instrument: row for row in office.desk.figures(office.who("pia"), TERM).rows}["KR.WARRANT"]
    assert {"court": 1, "other": 1} == shown.by
    found = office.verify()
    assert found.recount is not None
    view = log_view((office.public / "checkpoint").read_bytes(), POLICY, "https://record.example", found.recount)
    made = record_of(found.recount, view, About(Label("가", "A"), "legal@relay.example"), load(), office.clock())
    assert [Label("분류하지 않음", "not sorted")] == [item.authority for item in made.items]


def test_the_file_says_the_same_as_the_page() -> None:
    """One line for each kind and sort of authority."""
    figure = Figure("2026-H2", "KR.SUBSCRIBER", Counts(received=3, rejected=3), by={"police": 2, "court": 1})
    lines = list(
        csv.reader(io.StringIO(authorities_csv(msgspec.structs.replace(example(), figures=(figure,))).decode()))
    )
    assert ["2026-H2", "KR.SUBSCRIBER", "police", "2"] in lines
    assert 3 == len(lines)


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        (Figure("2026-H2", "KR.INTERCEPT", Counts(received=1, rejected=1), by={"intelligence": 1}), "allows no such"),
        (Figure("2026-H2", "KR.SUBSCRIBER", Counts(received=3, rejected=3), by={"police": 2}), "add up by authority"),
    ],
)
def test_a_split_that_names_or_lies_is_not_published(figure: Figure, why: str) -> None:
    """One interception by an intelligence service is a secret; a split that leaves one out is none."""
    with pytest.raises(FigureWrong, match=why):
        check_figures(msgspec.structs.replace(example(), figures=(figure,)), load())


def test_what_is_never_shown_singly_is_never_split() -> None:
    """By the rows that ship."""
    rows = load().taxonomy().rows
    assert {"KR.INTERCEPT", "KR.TRAFFIC", "KR.TRAFFIC.SECURITY"}.isdisjoint(row.id for row in rows if may_split(row))
    assert {"KR.SUBSCRIBER", "KR.WARRANT", "US.SUBPOENA"} <= {row.id for row in rows if may_split(row)}
