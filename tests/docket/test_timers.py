"""Timers against the periods: what has to be in time can be, and nothing shows in the record while it is urgent."""

from __future__ import annotations

from typing import Literal

import pytest

from nullabona.docket.core.instrument import HOUR, Taxonomy, Timer
from nullabona.docket.core.states import Action
from tests.docket import desks
from tests.docket.desks import demand
from tests.docket.publishing import PublicOffice


def hour(until: Literal["released", "answered"]) -> Taxonomy:
    """A taxonomy whose warrants have an hour, until their answer is approved or until it has left."""
    timers = (Timer("removal", HOUR, until=until),)
    return Taxonomy((desks.row("KR.WARRANT", timers=timers),), bytes(32))


@pytest.mark.parametrize(
    ("until", "in_time"), [("released", True), ("answered", False)]
)  # fmt: skip
def test_an_hour_that_ends_with_the_approved_answer_is_kept_whatever_the_period(
    public_office: PublicOffice,
    monkeypatch: pytest.MonkeyPatch,
    until: Literal["released", "answered"],
    *,
    in_time: bool,
) -> None:
    """It came just after a batch: the receipt takes the whole hour, the hand-over follows. The record says so."""
    office = public_office
    office.tick()
    office.desk.close()
    monkeypatch.setattr(desks, "TAXONOMY", hour(until))
    office.desk = office.open()
    case = office.take_in(given=demand(office.clock, received_s=office.clock()))
    office.walk(case)
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    office.clock.pass_(60)
    office.do("rolf", Action.HAND_OVER, case)
    office.finish(case)
    office.tick()
    office.open_all([case])
    office.tick()
    found = office.verify()
    assert ([] if in_time else ["answer-late"]) == [one.code for one in found.findings]


def test_an_approval_that_comes_too_late_is_late(public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour is not endless: approved after it, the answer was not in time, however soon it left."""
    office = public_office
    office.desk.close()
    monkeypatch.setattr(desks, "TAXONOMY", hour("released"))
    office.desk = office.open()
    case = office.take_in(given=demand(office.clock, received_s=office.clock()))
    office.tick()
    office.clock.pass_(120)
    office.walk(case)
    office.do("cora", Action.RECEIPT, case)
    office.do("rolf", Action.HAND_OVER, case)
    office.finish(case)
    office.tick()
    office.open_all([case])
    office.tick()
    assert ["answer-late"] == [one.code for one in office.verify().findings]


def test_an_urgent_demand_shows_nowhere(public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that is asked a hundred times by its caller publishes no period sooner, and none with another shape."""
    office = public_office
    office.desk.close()
    monkeypatch.setattr(desks, "TAXONOMY", hour("answered"))
    office.desk = office.open()
    office.tick()
    office.take_in(given=demand(office.clock, received_s=office.clock()))
    for _ in range(100):
        office.clock.pass_(30)
        assert () == office.publish_due().periods
    office.tick(2)
    batches = office.verify().recount.batches  # type: ignore[union-attr]
    assert [office.cadence.slots + 1] * 2 == [batch.end - batch.start for batch in batches[1:]]
