"""The public record of a desk: what it shows, and that tampering with any of it shows."""

from __future__ import annotations

from tests.docket.publishing import PublicOffice


def test_a_whole_case_is_recounted(public_office: PublicOffice) -> None:
    """Intake to openings: five events are open, everything else is sealed, and verification finds nothing wrong."""
    public_office.whole()
    found = public_office.verify()
    assert () == found.findings
    assert found.recount is not None
    (demand,) = found.recount.demands.all()
    assert ["received", "answered", "handed-over", "notice-barred", "closed"] == [e.record.event for e in demand.events]
