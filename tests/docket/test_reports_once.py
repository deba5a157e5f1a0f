"""A half-year is reported once, when it has ended; no second report, and no early one, can be entered."""

from __future__ import annotations

import pytest

from nullabona.docket.core.acts import ReportDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.terms import term_of
from nullabona.docket.publishing.reporting import FiguresIncomplete, ReportedAlready, TermNotOver
from nullabona.wire.canonical import digest
from tests.docket.desks import NOON
from tests.docket.publishing import PublicOffice

TERM = term_of(NOON)


@pytest.mark.parametrize("term", [TERM, "2026H1", "2027H1", "2031H2"])
def test_a_half_year_that_has_not_ended_or_never_was_is_not_reported(public_office: PublicOffice, term: str) -> None:
    """Its figures can be looked at; the act is refused, also if it is drawn up past the first check."""
    public_office.answer(public_office.take_in())
    public_office.tick()
    pia, cora = public_office.who("pia"), public_office.who("cora")
    figures = public_office.desk.figures(pia, term)
    with pytest.raises(TermNotOver):
        public_office.desk.propose_report(pia, term)
    details = ReportDetails(term, digest(figures), figures.until)
    first = public_office.sign("pia", public_office.desk.propose(pia, DeskAction.REPORT, None, details))
    with pytest.raises(TermNotOver):
        public_office.sign("cora", public_office.desk.propose_confirm(cora, first.challenge))
    public_office.tick()
    assert ((), {}) == (public_office.verify().findings, public_office.verify().recount.reports)  # type: ignore[union-attr]


def test_a_half_year_is_reported_once(public_office: PublicOffice) -> None:
    """Neither a second proposal, nor one that waited beside the first, is entered; neither waits any more."""
    public_office.answer(public_office.take_in())
    public_office.wait_for_the_end_of(TERM)
    pia, cora = public_office.who("pia"), public_office.who("cora")
    _, proposal = public_office.desk.propose_report(pia, TERM)
    beside = public_office.sign("pia", public_office.desk.propose_report(pia, TERM)[1])
    first = public_office.sign("pia", proposal)
    public_office.sign("cora", public_office.desk.propose_confirm(cora, first.challenge))
    with pytest.raises(ReportedAlready):
        public_office.sign("cora", public_office.desk.propose_confirm(cora, beside.challenge))
    with pytest.raises(ReportedAlready):
        public_office.desk.propose_report(pia, TERM)
    assert () == public_office.desk.pending()
    public_office.tick()
    with pytest.raises(ReportedAlready):
        public_office.desk.propose_report(pia, TERM)
    found = public_office.verify()
    assert ((), {TERM}) == (found.findings, set(found.recount.reports))  # type: ignore[union-attr]


def test_figures_that_can_no_longer_be_counted_are_not_reported(public_office: PublicOffice) -> None:
    """A case of the half-year is erased: a report without it would contradict the log."""
    case = public_office.finish(public_office.answer(public_office.take_in()))
    public_office.tick()
    public_office.open_all([case])
    public_office.wait_for_the_end_of(TERM)
    with public_office.desk._store.transaction():
        public_office.desk._store.run("set_erase_day", public_office.clock() // DAY - 1, case)
    assert 1 == public_office.desk.erase_due()
    with pytest.raises(FiguresIncomplete):
        public_office.desk.propose_report(public_office.who("pia"), TERM)
