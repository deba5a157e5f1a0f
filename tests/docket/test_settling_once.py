"""Settling a half-year can be done once, and nothing that officers open before or after makes the log fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.cases.casework import LogBusy
from nullabona.docket.core.acts import ConfirmDetails, GagDetails, SettleDetails
from nullabona.docket.core.decide import NotYetPublic
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Gag
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.states import Action
from nullabona.docket.core.terms import term_of, term_span
from nullabona.docket.publishing.openings import NotYetSettled, RenewalWaits, SettledAlready
from nullabona.docket.site import build
from nullabona.docket.site.recounted import About, log_view, record_of
from nullabona.docket.taxonomy import load
from nullabona.operating.desk_places import DeskPlaces
from nullabona.wire.demands import Label
from tests.docket.desks import NOON, Clock, demand
from tests.docket.publishing import CADENCE, POLICY, PublicOffice

TERM, NEXT = term_of(NOON), "2027H1"
SLOW = msgspec.structs.replace(CADENCE, period_s=30 * DAY, slots=8, band=4, horizon_s=100 * DAY, window_s=DAY, lag=2)


@pytest.fixture
def office(desk_places: DeskPlaces, tmp_path: Path) -> Iterator[PublicOffice]:
    """A desk with a period a month, founded at the end of a half-year."""
    made = PublicOffice(tmp_path, Clock(), SLOW, desk_places)
    yield made
    made.stop()


def faults(office: PublicOffice) -> list[str]:
    """What does not hold, except that answers took longer than periods of a month allow."""
    return [each.code for each in office.verify().findings if each.code != "answer-late"]


def settle(office: PublicOffice, term: str) -> None:
    office.both("kim", "cora", DeskAction.SETTLE, SettleDetails(term))


def until_horizon(office: PublicOffice, term: str) -> None:
    while office.clock() < term_span(term)[1] + office.cadence.horizon_s - 20 * DAY:
        office.tick()


def gag(office: PublicOffice, case: bytes, order: Gag | None) -> None:
    """Renew or lift it, with both signatures."""
    action = Action.RENEW_GAG if order else Action.LIFT_GAG
    done = office.do("cora", action, case, GagDetails(order, "order"))
    office.do("carl", Action.CONFIRM_GAG, case, ConfirmDetails(done.challenge))


def test_a_half_year_is_settled_once(office: PublicOffice) -> None:
    """A second settlement would renew slots again, which verifiers refuse for ever."""
    office.answer(office.take_in())
    until_horizon(office, TERM)
    settle(office, TERM)
    with pytest.raises(SettledAlready):
        settle(office, TERM)
    office.tick(2)
    assert [] == faults(office)


def test_a_half_year_is_settled_when_the_log_holds_all_of_it(office: PublicOffice) -> None:
    """A desk that was down publishes first: a slot that is not in the log yet would never be settled."""
    office.answer(office.take_in())
    office.clock.now_s = term_span(TERM)[1] + SLOW.horizon_s
    with pytest.raises(NotYetSettled):
        settle(office, NEXT)
    with pytest.raises(NotYetSettled):
        settle(office, "2019H1")


def test_a_short_first_half_year_keeps_all_empty_slots_sealed(office: PublicOffice) -> None:
    """Eight slots, of which five are sealed for good, do not fit a band of four; the log holds nevertheless."""
    for _ in range(2):
        office.take_in(given=demand(office.clock, gag=Gag("court order")))
    shown = office.whole()
    until_horizon(office, TERM)
    settle(office, TERM)
    office.tick(2)
    assert [] == faults(office)
    office.clock.now_s = max(office.clock(), term_span(TERM)[1] + SLOW.horizon_s + 1)
    assert [] == faults(office)
    assert shown


def test_what_was_renewed_may_be_opened_later_and_settled_again(office: PublicOffice) -> None:
    """The gag ends after its half-year was settled: the case is shown at last, and later half-years still settle."""
    case = office.answer(office.take_in(given=demand(office.clock, gag=Gag("court order"))))
    until_horizon(office, TERM)
    settle(office, TERM)
    gag(office, case, None)
    office.finish(case)
    with pytest.raises(RenewalWaits):
        office.open_all([case])
    office.tick(2)
    office.open_all([case])
    office.tick()
    assert [] == faults(office)
    for term in (NEXT, "2027H2"):
        until_horizon(office, term)
        settle(office, term)
        office.tick()
    assert [] == faults(office)


def test_a_late_answer_is_published_as_late(office: PublicOffice) -> None:
    """It stays a finding, and does not keep the operator from publishing the record that shows it."""
    office.whole()
    found = office.verify()
    assert ({"answer-late"}, True) == ({each.code for each in found.findings}, found.only_stated_lateness)
    assert found.recount is not None
    view = log_view((office.public / "checkpoint").read_bytes(), POLICY, "https://relay.example/docket", found.recount)
    about = About(Label("눌라보나", "Nullabona"), "legal@relay.example")
    record = record_of(found.recount, view, about, load(), office.clock())
    assert [True] == [item.late for item in record.items]
    assert "The answer missed a deadline" in build(record, load())["en/demands.html"].decode()


def test_a_gag_after_publication_keeps_the_slots_sealed(office: PublicOffice) -> None:
    """It was published, then a court ordered silence: nobody opens it."""
    case = office.answer(office.take_in())
    office.bar(case)
    office.do("pia", Action.PUBLISH, case)
    gag(office, case, Gag("court order"))
    assert () == office.desk.openable(office.who("cora"))
    with pytest.raises(NotYetPublic):
        office.open_all([case])


def test_no_more_happens_than_the_log_can_take_in_time(office: PublicOffice) -> None:
    """Sixteen events wait for eight slots a month: the next demand is refused, until a period is published."""
    for _ in range(SLOW.slots * SLOW.lag):
        office.take_in()
    with pytest.raises(LogBusy):
        office.take_in()
    office.tick()
    office.take_in()
    office.tick(2)
    cases = [line.id for line in office.desk.cases(office.who("cora"))]
    assert (17, []) == (len(cases), faults(office))
