"""Erasing by an abuse report: only for an answered demand for removal with this original, and entered before it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import describe_document
from nullabona.docket.cases.erasures import ERASE_PIECES, ErasureRefused
from nullabona.docket.core.acts import IntakeDetails, ReviewDetails, StayDetails
from nullabona.docket.core.records import ClassAnswer, Decision
from nullabona.docket.core.roles import NotAllowed
from nullabona.docket.core.states import Action
from nullabona.docket.keeping.case_files import NoSuchCase
from nullabona.wire.abuse_report import write_abuse_report
from nullabona.wire.demands import DataClass
from tests.docket.desks import REFUSE, Office, demand
from tests.wire.abuse_reports import body

REPORT = write_abuse_report(body())
NOT_HELD = Decision("produce", (ClassAnswer("removal", "not_held"),))


def take_in(office: Office, document: bytes = REPORT, asked: DataClass = "removal") -> bytes:
    """A demand whose original is a report."""
    given = demand(office.clock, classes=(asked,), document=describe_document(document))
    details = IntakeDetails(office.called_back(given), ("same-reference", "same-document"))
    done = office.sign("ina", office.desk.propose(office.who("ina"), Action.INTAKE, None, details), document)
    assert not isinstance(done, DeskDone)
    return done.case


def entries(office: Office) -> list[tuple[str | None, bytes, bytes | None]]:
    """What the journal says of erasures."""
    events = office.desk.journal(office.who("aud"))
    return [(event.officer, event.detail, event.case) for event in events if event.kind == ERASE_PIECES]


def test_a_releaser_enters_it_with_the_reports_digest(office: Office) -> None:
    """Once two officers answered; the journal then names case, officer and report."""
    case = office.walk(take_in(office), NOT_HELD)
    office.desk.enter_erasure(office.who("rolf"), case, REPORT)
    assert [("rolf", describe_document(REPORT).sha256, case)] == entries(office)


def test_nobody_else_does(office: Office) -> None:
    """Neither who decided nor who took it in, nor an admin or auditor; nor anybody of whom the desk does not know."""
    case = office.walk(take_in(office), NOT_HELD)
    for name in ("ina", "rea", "cora", "nora", "pia", "aud", "ada", "kim"):
        with pytest.raises(NotAllowed):
            office.desk.enter_erasure(office.who(name), case, REPORT)
    with pytest.raises(NoSuchCase):
        office.desk.enter_erasure(office.who("rolf"), b"n" * 16, REPORT)
    assert [] == entries(office)


def test_another_report_or_another_demand_allows_nothing(office: Office) -> None:
    """A report that is not this original, or the original of a demand for something else, or one that was refused."""
    case, other = office.walk(take_in(office), NOT_HELD), write_abuse_report(body(sender="jun@relay.example"))
    asked = Decision("produce", (ClassAnswer("content", "not_held"),))
    content, refused = office.walk(take_in(office, asked="content"), asked), office.walk(take_in(office), REFUSE)
    for which, report in ((case, other), (content, REPORT), (refused, REPORT)):
        with pytest.raises(ErasureRefused):
            office.desk.enter_erasure(office.who("rolf"), which, report)
    assert [] == entries(office)


def test_nothing_is_erased_before_two_officers_answered_or_under_a_stay(office: Office) -> None:
    """At no step on the way there, and not while a court has stayed the demand."""
    case = take_in(office)
    steps: tuple[Callable[[], object], ...] = (
        lambda: office.sign("ina", office.desk.propose_match(office.who("ina"), case)),
        lambda: office.do("rea", Action.REVIEW, case, ReviewDetails()),
        lambda: office.sign("cora", office.desk.propose_decision(office.who("cora"), case, NOT_HELD)),
        lambda: office.sign("rolf", office.desk.propose_release(office.who("rolf"), case)),
    )
    for step in steps:
        with pytest.raises(ErasureRefused):
            office.desk.enter_erasure(office.who("rolf"), case, REPORT)
        step()
    office.do("cora", Action.STAY, case, StayDetails("법원 결정"))
    with pytest.raises(ErasureRefused):
        office.desk.enter_erasure(office.who("rolf"), case, REPORT)
    assert [] == entries(office)
