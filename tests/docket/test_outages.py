"""An outage can be stated in the log, by two people; it excuses nothing, and hides nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_struct

from nullabona.docket.core.acts import DetailsWrong, OutageDetails, Stale
from nullabona.docket.core.instrument import HOUR
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.statements import Outage, Statement, TaxonomyStated
from nullabona.docket.site.recounted import log_view
from nullabona.wire.canonical import digest
from tests.docket.forging import Record
from tests.docket.publishing import POLICY, PublicOffice
from tests.sequencer.logs import entries_of

WHY = OutageDetails(1, 3, "전원이 끊겼습니다", "the power was out")


@pytest.fixture
def interrupted(public_office: PublicOffice) -> PublicOffice:
    """Three periods were late, two officers have said why, and all is well again."""
    public_office.tick()
    public_office.clock.pass_(3 * HOUR)
    public_office.tick()
    public_office.both("pia", "cora", DeskAction.OUTAGE, WHY)
    public_office.tick()
    return public_office


def test_late_is_late_with_the_reason_beside_it(interrupted: PublicOffice) -> None:
    """Every late period is found as before, and what was said of it is found with it."""
    found = interrupted.verify()
    assert ["period-late"] * 3 == [each.code for each in found.findings]
    said = [found.outage_of(each) for each in found.findings]
    assert [Outage(1, 3, WHY.ko, WHY.en)] * 3 == said
    assert (False, True) == (found.holds, found.only_stated_lateness)


def test_what_nobody_stated_stands_alone(interrupted: PublicOffice) -> None:
    """A later outage has no reason beside it, and the record may not be drawn up."""
    interrupted.clock.pass_(2 * HOUR)
    interrupted.tick()
    found = interrupted.verify()
    assert {1, 2, 3, 6} <= {each.period for each in found.findings}
    assert not found.only_stated_lateness


def test_the_pages_say_it(interrupted: PublicOffice) -> None:
    """With its times, from the first period's begin to the last one's end."""
    found = interrupted.verify()
    assert found.recount is not None
    note = (interrupted.public / "checkpoint").read_bytes()
    (one,) = log_view(note, POLICY, "https://relay.example/docket", found.recount).outages
    cadence = interrupted.cadence
    assert (cadence.begin_of(1), cadence.due_of(3), WHY.ko, WHY.en) == (one.begin_s, one.end_s, one.why.ko, one.why.en)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 0), (7, 9)])
def test_only_what_is_over_can_be_stated(public_office: PublicOffice, first: int, last: int) -> None:
    """Nobody is excused beforehand, nor backwards."""
    public_office.tick()
    with pytest.raises(Stale):
        public_office.desk.propose_outage(public_office.who("pia"), OutageDetails(first, last, "왜", "why"))


def test_an_outage_to_come_is_seen(interrupted: PublicOffice) -> None:
    """A log that excuses itself beforehand is found out, whoever wrote it."""
    record = Record(entries_of(interrupted.public, interrupted.verify().size))

    def make(statement: Statement) -> Statement:
        assert isinstance(statement, Outage)
        return Outage(statement.first, 99, statement.ko, statement.en)

    assert (0, 1) == (record.change(TaxonomyStated, lambda each: each), record.change(Outage, make))
    assert "outage-wrong" in {each.code for each in record.recount(interrupted.clock()).findings}


@pytest.mark.parametrize(("ko", "en"), [("", "why"), ("왜", ""), ("왜", "y" * 1_001), ("왜" * 1_001, "why")])
def test_what_the_log_cannot_hold_is_not_even_proposed(public_office: PublicOffice, ko: str, en: str) -> None:
    """Neither signed nor kept: a proposal that nobody can read would stand in the way of all others."""
    public_office.tick()
    with pytest.raises(DetailsWrong):
        public_office.desk.propose_outage(public_office.who("pia"), OutageDetails(0, 0, ko, en))
    proposal = public_office.desk.propose_outage(public_office.who("pia"), OutageDetails(0, 0, "왜", "why"))
    details = OutageDetails(0, 0, ko, en)
    forged = replace(proposal, details=details, act=replace_struct(proposal.act, details=digest(details).hex()))
    with pytest.raises(DetailsWrong):
        public_office.sign("pia", forged)
    assert () == public_office.desk.pending()
