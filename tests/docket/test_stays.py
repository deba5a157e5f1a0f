"""A court stays a demand: nothing leaves, the deadlines stand, and afterwards it is all done again, in time."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.docket.core.acts import AmendDetails, PlainDetails, ResumeDetails, Stale, StayDetails
from nullabona.docket.core.entered import CaseAltered
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import CaseView, Gag
from nullabona.docket.core.states import Action, State, WrongState
from nullabona.docket.core.timers import GAG, RESPOND_BY
from tests.docket.databases import REFUSED, typed
from tests.docket.desks import NOON, PRODUCE, Office, demand
from tests.docket.publishing import PublicOffice

COURT = "서울행정법원 2027아1 집행정지"
OVER = "서울행정법원 2027아1 각하"


def stay(office: Office, case: bytes) -> None:
    office.do("cora", Action.STAY, case, StayDetails(COURT))


def resume(office: Office, case: bytes) -> None:
    office.do("cora", Action.RESUME, case, ResumeDetails(OVER))


def view(office: Office, case: bytes) -> CaseView:
    return office.desk.glance(office.who("cora"), case)


def dues(office: Office, case: bytes) -> dict[str, int]:
    return {due.name: due.due_s for due in office.desk.dues() if due.case == case}


def test_nothing_leaves_while_a_court_has_stayed_it(public_office: PublicOffice) -> None:
    """Not even what two have approved already, and of which the authority has the receipt."""
    office = public_office
    case = office.walk(office.take_in())
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    stay(office, case)
    shown = view(office, case)
    assert shown.content.stay is not None
    assert (State.STAYED, COURT, office.clock()) == (shown.state, shown.content.stay.basis, shown.content.stay.since_s)
    with pytest.raises(WrongState):
        office.desk.propose_hand_over(office.who("rolf"), case, unsealed=True)
    with pytest.raises(WrongState):
        office.desk.propose_decision(office.who("cora"), case, PRODUCE)
    with pytest.raises(WrongState):
        office.desk.propose(office.who("nora"), Action.NOTIFY, case, PlainDetails())
    with pytest.raises(WrongState):
        office.desk.propose(office.who("pia"), Action.CLOSE, case, PlainDetails())


def test_what_left_already_cannot_be_stayed(public_office: PublicOffice) -> None:
    """The desk does not pretend: a court's order after the hand-over stops nothing here."""
    case = public_office.answer(public_office.take_in())
    with pytest.raises(Stale):
        stay(public_office, case)


def test_the_deadlines_stand_and_move(office: Office) -> None:
    """Nothing is due meanwhile; afterwards each has as much time left as before, but a gag ends when it ends."""
    gag, respond_by = Gag("order", NOON + 90 * DAY), office.clock() + 5 * DAY
    case = office.take_in(given=demand(office.clock, gag=gag, respond_by_s=respond_by))
    before = dues(office, case)
    assert {"answer", "review", RESPOND_BY, GAG} == set(before)
    office.clock.pass_(DAY // 2)
    stay(office, case)
    assert {GAG: before[GAG]} == dues(office, case)
    office.clock.pass_(30 * DAY)
    assert {GAG: before[GAG]} == dues(office, case)
    resume(office, case)
    assert {name: due + (0 if name == GAG else 30 * DAY) for name, due in before.items()} == dues(office, case)
    given = msgspec.structs.replace(view(office, case).content.demand, note="as the court left it")
    office.do("cora", Action.AMEND, case, AmendDetails(given, "narrowed"))
    assert {name: due + (0 if name == GAG else 30 * DAY) for name, due in before.items()} == dues(office, case)


def test_an_answer_after_a_stay_is_in_time(public_office: PublicOffice) -> None:
    """Ten days it had; the court took twenty. A second stay counts as well. The public record holds."""
    office = public_office
    case = office.walk(office.take_in())
    for _ in range(2):
        stay(office, case)
        office.tick(2)
        resume(office, case)
        assert State.RECEIVED == view(office, case).state
    assert (None, None, ()) == (view(office, case).content.stay, view(office, case).content.decision,
                                view(office, case).content.matches)  # fmt: skip
    office.finish(office.answer(case))
    office.tick()
    office.open_all([case])
    office.tick()
    found = office.verify()
    assert () == found.findings
    assert found.recount is not None
    (shown,) = found.recount.demands.all()
    events = [event.record.event for event in shown.events]
    assert ["answered", "stayed", "resumed"] == events[1:4]
    assert [True] == [event.record.in_time for event in shown.events if event.record.event == "handed-over"]
    office.report("2026H2")
    office.tick()
    after = office.verify()
    assert () == after.findings
    assert after.recount is not None
    (row,) = after.recount.reports["2026H2"][1].rows
    assert (1, 1, 1) == (row.received, row.produced_partial + row.produced_full, row.stayed), "once, and it stays so"


def test_a_stayed_demand_is_pending_in_the_figures(public_office: PublicOffice) -> None:
    """It was answered on paper, and nothing was handed over: no figure says that data was produced."""
    office = public_office
    case = office.walk(office.take_in())
    office.tick()
    stay(office, case)
    office.tick()
    (row,) = (
        office.desk.figures(office.who("pia"), "2026H2").rows or office.desk.figures(office.who("pia"), "2027H1").rows
    )
    assert (1, 1, 0) == (row.received, row.pending, row.produced_full + row.produced_partial)
    assert 1 == row.stayed


def test_a_stay_that_nobody_signed_is_found(office: Office) -> None:
    """The database alone can neither stay a case nor end its stay."""
    case = office.take_in()
    stay(office, case)
    with pytest.raises(REFUSED):
        typed(office, "UPDATE cases SET state = 'received' WHERE id = ?", (case,))
    file = office.desk._files.open(office.who("cora"), case)
    freed = msgspec.structs.replace(file.content, stay=None)
    sealed = office.desk._files.seal_content(file.recipient, freed)
    typed(office, "UPDATE cases SET content = ? WHERE id = ?", (sealed, case))
    with pytest.raises(CaseAltered):
        view(office, case)


def test_time_goes_on_for_another_case(office: Office) -> None:
    """A stay is of one demand."""
    case, other = office.take_in(), office.take_in()
    before = dues(office, other)
    stay(office, case)
    office.clock.pass_(DAY)
    resume(office, case)
    assert before == dues(office, other)
