"""Counsel answers for rows of the taxonomy, two by two; the log says so, and says which taxonomy is used."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.docket.core.acts import SignOffDetails
from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount import Recount
from nullabona.docket.core.roles import DeskAction, NotAllowed, SamePerson
from nullabona.docket.core.statements import Report, SignedOff, TaxonomyStated
from nullabona.docket.publishing.sign_offs import NoSuchRow
from nullabona.docket.verify import _unknown_rows
from tests.docket import desks
from tests.docket.desks import TAXONOMY
from tests.docket.made_logs import found, log_of
from tests.docket.publishing import PublicOffice

WARRANT = next(row for row in TAXONOMY.rows if row.id == "KR.WARRANT")
SOURCE = "국가법령정보센터, 형사소송법 제215조"


def sign_off(office: PublicOffice, first: str = "cora", second: str = "rea") -> None:
    """Both signatures under the row of search warrants."""
    done = office.sign(first, office.desk.propose_sign_off(office.who(first), "KR.WARRANT", SOURCE))
    office.sign(second, office.desk.propose_confirm(office.who(second), done.challenge))


def read(office: PublicOffice) -> Recount:
    """What an outsider reads in the log, which holds."""
    result = office.verify()
    assert () == result.findings
    assert result.recount is not None
    return result.recount


def test_a_sign_off_is_in_the_log_and_at_the_desk(public_office: PublicOffice) -> None:
    """Publicly: which row, exactly as it is, by which text. At the desk also who and when."""
    sign_off(public_office)
    public_office.tick()
    assert {WARRANT.row.hex(): (0, SOURCE)} == read(public_office).signed_off()
    signed = public_office.desk.sign_offs()[WARRANT.row]
    assert ("cora", "rea", SOURCE) == (signed.proposed_by, signed.confirmed_by, signed.details.source)
    assert {"sign-off", "confirm-sign-off"} <= {
        event.kind for event in public_office.desk.journal(public_office.who("aud"))
    }


def test_nobody_signs_a_row_off_alone(public_office: PublicOffice) -> None:
    """A wrong row harms people who are not told: counsel proposes, and somebody else confirms."""
    office = public_office
    with pytest.raises(NotAllowed):
        office.desk.propose_sign_off(office.who("rea"), "KR.WARRANT", SOURCE)
    done = office.sign("cora", office.desk.propose_sign_off(office.who("cora"), "KR.WARRANT", SOURCE))
    with pytest.raises(SamePerson):
        office.desk.propose_confirm(office.who("cora"), done.challenge)
    assert {} == office.desk.sign_offs()
    office.tick()
    assert {} == read(office).signed_off()


def test_another_row_is_not_signed_off(public_office: PublicOffice) -> None:
    """A row that is not there, or is not as it was signed: nothing is entered, and the proposal still waits."""
    office = public_office
    with pytest.raises(NoSuchRow):
        office.desk.propose_sign_off(office.who("cora"), "KR.NONE", SOURCE)
    details = SignOffDetails("KR.WARRANT", WARRANT.valid_from, bytes(32), SOURCE)
    done = office.sign("cora", office.desk.propose(office.who("cora"), DeskAction.SIGN_OFF, None, details))
    with pytest.raises(NoSuchRow):
        office.sign("rea", office.desk.propose_confirm(office.who("rea"), done.challenge))
    assert {} == office.desk.sign_offs()


def test_a_changed_taxonomy_is_stated_once_and_its_changed_rows_are_unsigned(
    public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program comes with other rows: the next batch says so, before any report by them."""
    office = public_office
    sign_off(office)
    office.tick()
    rows = tuple(
        msgspec.structs.replace(row, law=("형사소송법 제216조",), row=bytes(range(32)))
        if row.id == "KR.WARRANT" else row
        for row in TAXONOMY.rows
    )  # fmt: skip
    monkeypatch.setattr(desks, "TAXONOMY", msgspec.structs.replace(TAXONOMY, rows=rows, sha256=bytes(32)))
    for _ in range(2):
        office.desk.close()
        office.desk = office.open()
    assert bytes(range(32)) not in office.desk.sign_offs()
    office.tick()
    office.report("2026H2")
    office.tick()
    seen = read(office)
    stated = [(each.taxonomy, len(each.signed_off)) for _, each in seen.taxonomies]
    assert [(TAXONOMY.sha256.hex(), 1), (bytes(32).hex(), 0)] == stated
    assert bytes(32).hex() == seen.taxonomy == seen.reports["2026H2"][1].taxonomy


@pytest.mark.parametrize("known", [True, False])
def test_a_report_by_an_unstated_taxonomy_is_found(*, known: bool) -> None:
    """It was counted by rules that the log does not name, or names only afterwards."""
    other = TaxonomyStated("7" * 64)
    report = Report("1970H1", 0, (), (), other.taxonomy)
    first, second = (other, report) if known else (report, other)
    wrong = [("report-wrong", "other-taxonomy", {"term": "1970H1"})]
    assert ([] if known else wrong) == found(log_of(1, first, second).recount())


def test_a_row_that_the_taxonomy_does_not_have_cannot_be_signed_off() -> None:
    """A verifier who knows the taxonomy finds the invented row; of another taxonomy nobody can say."""
    row = SignedOff("KR.WARRANT", 0, "a" * 64, SOURCE)
    result = log_of(1, TaxonomyStated("7" * 64, (row,))).recount()
    unknown = Finding("taxonomy-wrong", "signed-unknown", {"period": 0, "instrument": "KR.WARRANT"})
    assert [unknown] == list(_unknown_rows(result, {"7" * 64: frozenset({"b" * 64})}))
    assert [] == list(_unknown_rows(result, {"7" * 64: frozenset({"a" * 64})}))
    assert [] == list(_unknown_rows(result, {"8" * 64: frozenset()}))
