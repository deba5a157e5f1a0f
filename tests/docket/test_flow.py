"""A demand goes through the desk, hand by hand."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.docket.cases.casework import Casework, Done
from nullabona.docket.core.acts import AmendDetails, IntakeDetails, PlainDetails, Replayed, ReviewDetails, Stale
from nullabona.docket.core.decide import DecisionInvalid, DemandIncomplete, GateNotMet
from nullabona.docket.core.records import ClassAnswer, Decision, Gate
from nullabona.docket.core.roles import NotAllowed, SamePerson
from nullabona.docket.core.states import Action, WrongState
from nullabona.docket.keeping.signing import signer
from tests.docket.desks import DOCUMENT, PRODUCE, REFUSE, Clock, Office, demand


def test_a_package_that_was_made_for_something_else_is_not_taken(office: Office) -> None:
    """Made of another decision, or of the same a moment later: only the one that was ordered just so is used."""
    case, cora = office.take_in(), office.who("cora")
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    other = office.desk.make(office.desk.order(cora, case, Decision("refuse", reason="incomplete")))
    with pytest.raises(Stale):
        office.desk.propose_decision(cora, case, PRODUCE, other)
    made = office.desk.make(office.desk.order(cora, case, PRODUCE))
    office.clock.pass_(30)
    proposal = office.desk.propose_decision(cora, case, PRODUCE, made)
    assert made.order.decided_s == proposal.act.made_s
    forged = replace(proposal, made=replace(made, package=other.package))
    with pytest.raises(Stale):
        office.sign("cora", forged)
    office.sign("cora", replace(proposal, made=other))
    assert made.package == office.desk.preview(cora, case)


def test_a_demand_is_answered_by_four_people(office: Office) -> None:
    """Intake, match, review, decision and release: the package is what was held, and the journal is whole."""
    case = office.walk(office.take_in())
    view = office.desk.show(office.who("aud"), case)
    assert ("produced", "2026-00001") == (view.state, view.number)
    assert ["intake", "review", "decide", "produce"] == [approval.action for approval in view.approvals]
    package = office.desk.preview(office.who("aud"), case)
    assert ["manifest.json", "NO-DATA.txt"] == [file.path for file in (package.files if package else ())]
    kinds = [event.kind for event in office.desk.journal(office.who("aud"))]
    assert ["intake", "match", "review", "decide", "produce", "read", "read"] == kinds[2:]


def test_a_refusal_names_its_reason(office: Office) -> None:
    """A refusal is decided and released like a production."""
    case = office.walk(office.take_in(), REFUSE)
    assert "refused" == office.desk.show(office.who("aud"), case).state


def test_the_same_officer_does_not_review_what_they_took_in(office: Office) -> None:
    """Somebody who has both roles still cannot do both on one case."""
    case = office.take_in("ivo")
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    with pytest.raises(SamePerson):
        office.do("ivo", Action.REVIEW, case, ReviewDetails())


def test_an_unmet_gate_allows_a_refusal_only(office: Office, clock: Clock) -> None:
    """Nothing is produced on a demand whose cover copy did not come."""
    case = office.take_in(given=demand(clock, gates=(Gate("cover_copy_received", met=False),)))
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    with pytest.raises(GateNotMet):
        office.desk.propose_decision(office.who("cora"), case, PRODUCE)
    office.desk.propose_decision(office.who("cora"), case, Decision("refuse", reason="gate_not_met"))


@pytest.mark.parametrize(
    "decision",
    [
        Decision("refuse"),
        Decision("produce", (ClassAnswer("subscriber", "produced"),)),
        Decision("produce", (ClassAnswer("subscriber", "refused"), ClassAnswer("content", "not_held"))),
        Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "produced"))),
        Decision("produce", (ClassAnswer("content", "not_held"), ClassAnswer("subscriber", "produced"))),
        Decision("refuse", reason="third_country_conflict"),
    ],
)
def test_a_decision_answers_what_was_asked(office: Office, decision: Decision) -> None:
    """Every class in its order, a reason where one is due, and no content: there is none."""
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    with pytest.raises(DecisionInvalid):
        office.desk.propose_decision(office.who("cora"), case, decision)


def test_an_edit_voids_every_approval(office: Office, clock: Clock) -> None:
    """After an amendment the case begins again, and a release that was drawn up before is stale."""
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), case, PRODUCE))
    release = office.desk.propose_release(office.who("rolf"), case)
    given = office.desk.show(office.who("ina"), case).content.demand
    office.do("ina", Action.AMEND, case, AmendDetails(given, "no change at all"))
    with pytest.raises(WrongState):
        office.sign("rolf", release)
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    with pytest.raises(WrongState):
        office.desk.propose_decision(office.who("cora"), case, PRODUCE)


def test_a_signature_is_good_once_and_for_one_case(office: Office) -> None:
    """A replayed assertion, and one that was made for another case, are refused."""
    first, second = office.take_in(), office.take_in()
    proposal = office.desk.propose_match(office.who("ina"), first)
    assertion = signer(office.people["ina"].seed)(proposal.act)
    office.desk.perform(office.who("ina"), proposal, assertion)
    with pytest.raises((Replayed, WrongState)):
        office.desk.perform(office.who("ina"), proposal, assertion)
    other = office.desk.propose_match(office.who("ina"), second)
    with pytest.raises(Exception, match="does not hold"):
        office.desk.perform(office.who("ina"), other, assertion)


def test_a_proposal_ages(office: Office, clock: Clock) -> None:
    """Ten minutes later, or with a clock that went back, it has to be drawn up anew."""
    case = office.take_in()
    proposal = office.desk.propose_match(office.who("ina"), case)
    for jump in (601, -1_202):
        clock.pass_(jump)
        with pytest.raises(Stale):
            office.sign("ina", proposal)


def test_an_admin_cannot_read(office: Office) -> None:
    """Neither a list nor a case."""
    case = office.take_in()
    for read in (lambda: office.desk.cases(office.who("ada")), lambda: office.desk.show(office.who("ada"), case)):
        with pytest.raises(NotAllowed):
            read()


def test_what_contradicts_itself_is_not_taken_in(office: Office, clock: Clock) -> None:
    """An instrument that is no longer in force, a gate that nobody named, a date that is to come."""
    for bad in (
        demand(clock, instrument="KR.OLD"), demand(clock, gates=()), demand(clock, received_s=clock() + 1),
        demand(clock, classes=("subscriber", "subscriber")), demand(clock, from_day=3),
        demand(clock, from_day=3, to_day=2),
    ):  # fmt: skip
        with pytest.raises(DemandIncomplete):
            office.take_in(given=bad)


def test_details_of_another_action_are_refused(office: Office) -> None:
    """A review cannot be passed off as a match."""
    case = office.take_in()
    with pytest.raises(Stale):
        office.do("ina", Action.MATCH, case, PlainDetails())


def test_an_unregistered_authority_cannot_have_been_called_back(office: Office, clock: Clock) -> None:
    """No flag of a demand stands in for the registry: not at intake, nor in an amendment, nor once it is registered."""
    said = demand(clock, authority="nobody-knows")
    ina, cora = office.who("ina"), office.who("cora")
    with pytest.raises(GateNotMet, match="not registered"):
        office.desk.propose(ina, Action.INTAKE, None, IntakeDetails(said))
    case = office.take_in(given=msgspec.structs.replace(said, called_back=False))
    with pytest.raises(GateNotMet, match="not registered"):
        office.do("ina", Action.AMEND, case, AmendDetails(said, "they rang us"))
    office.register("nobody-knows")
    office.sign("ina", office.desk.propose_match(ina, case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    with pytest.raises(GateNotMet, match="called back"):
        office.desk.propose_decision(cora, case, PRODUCE)
    office.do("ina", Action.AMEND, case, AmendDetails(said, "called back"))
    assert "produced" == office.desk.glance(cora, office.walk(case)).state


def test_what_was_believed_before_is_not_produced(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case of a desk that believed the flag can be refused, and nothing else."""
    details = IntakeDetails(demand(clock, authority="nobody-knows"))
    with monkeypatch.context() as patched:
        patched.setattr(Casework, "_check_registry", lambda *_: None)
        done = office.sign("ina", office.desk.propose(office.who("ina"), Action.INTAKE, None, details), DOCUMENT)
    assert isinstance(done, Done)
    office.sign("ina", office.desk.propose_match(office.who("ina"), done.case))
    office.do("rea", Action.REVIEW, done.case, ReviewDetails())
    with pytest.raises(GateNotMet, match="not registered"):
        office.desk.propose_decision(office.who("cora"), done.case, PRODUCE)
    office.desk.propose_decision(office.who("cora"), done.case, Decision("refuse", reason="gate_not_met"))
