"""Another key for an officer waits a day between its two signatures, and ends with an objection: for every way in."""

from __future__ import annotations

import pytest

from nullabona.docket.administration import DeskDone, NoSuchProposal
from nullabona.docket.core.acts import KeyDetails, ObjectDetails, RoleDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.roles import HELD_S, DeskAction, NotAllowed, Role, SamePerson
from nullabona.docket.keeping.signing import credential_of
from nullabona.docket.store.rows import Held
from nullabona.errors import UserError
from tests.docket.databases import REFUSED, typed
from tests.docket.desks import Office

KEY = KeyDetails("ina", credential_of(b"\x05" * 32, "spare"))


def propose(office: Office, by: str = "ada", details: KeyDetails = KEY) -> bytes:
    """The first signature under another key."""
    done = office.sign(by, office.desk.propose(office.who(by), DeskAction.ADD_KEY, None, details))
    assert isinstance(done, DeskDone)
    return done.challenge


def confirm(office: Office, challenge: bytes, by: str = "ben") -> None:
    office.sign(by, office.desk.propose_confirm(office.who(by), challenge))


def test_a_key_counts_a_day_after_it_was_proposed(office: Office) -> None:
    """Not a second earlier, whoever asks; then with the second signature."""
    office.take_in()
    challenge = propose(office)
    (waiting,) = office.desk.pending()
    assert (True, waiting.proposed_s + DAY) == (waiting.held, waiting.ready_s)
    for seconds in (0, DAY - 1):
        office.clock.pass_(seconds)
        for by in ("ben", "cora"):
            with pytest.raises(Held):
                confirm(office, challenge, by)
    assert 1 == len(office.desk.staff.credentials("ina"))
    office.clock.pass_(1)
    confirm(office, challenge)
    assert {"file", "spare"} == {one.label for one in office.desk.staff.credentials("ina")}


def test_a_clock_that_goes_back_shortens_nothing(office: Office) -> None:
    """What was proposed at a time is held for a day from that time."""
    office.take_in()
    challenge = propose(office)
    office.clock.pass_(-10 * DAY)
    with pytest.raises(Held):
        confirm(office, challenge)
    office.clock.pass_(11 * DAY)
    confirm(office, challenge)


def test_the_day_needs_two_people_all_the_same(office: Office) -> None:
    """Neither who proposed it nor whose key it is, however long they wait."""
    office.take_in()
    challenge = propose(office, details=KeyDetails("cora", KEY.credential))
    office.clock.pass_(2 * DAY)
    for by in ("ada", "cora"):
        with pytest.raises(SamePerson):
            confirm(office, challenge, by)


def test_the_database_holds_it_too(office: Office) -> None:
    """A confirmation that is put in by hand, a second too early, with an act that would do a second later."""
    office.take_in()
    challenge = propose(office)
    at_s = typed(office, "SELECT at_s FROM act WHERE challenge = ?", (challenge,)).fetchone()[0]
    found = []
    for late in (DAY - 1, DAY):
        typed(office, "BEGIN IMMEDIATE")
        typed(
            office,
            "INSERT INTO act SELECT ?, NULL, action, 1, 'ben', (SELECT key_id FROM credential WHERE officer = 'ben'), "
            "state, version, challenge, NULL, NULL, encoded, payload, ?, NULL FROM act WHERE challenge = ?",
            (bytes(32), at_s + late, challenge),
        )
        try:
            typed(office, "UPDATE pending SET confirmed_by = 'ben' WHERE challenge = ?", (challenge,))
            found.append("confirmed")
        except REFUSED as error:
            found.append(str(error))
        typed(office, "ROLLBACK")
    assert ["docket-held", "confirmed"] == found
    assert {DeskAction.ADD_KEY: DAY} == HELD_S


@pytest.mark.parametrize("by", ["ina", "cora", "kim", "ada"])
def test_any_officer_ends_it_by_objecting(office: Office, by: str) -> None:
    """Whose key it is most of all; afterwards nobody can confirm it, and the journal says who objected."""
    office.take_in()
    challenge = propose(office)
    details = ObjectDetails(challenge, "not mine")
    office.sign(by, office.desk.propose(office.who(by), DeskAction.OBJECT, None, details))
    assert () == office.desk.pending()
    office.clock.pass_(2 * DAY)
    with pytest.raises(NoSuchProposal):
        confirm(office, challenge)
    assert ("object", by) in [(event.kind, event.officer) for event in office.desk.journal(office.who("aud"))]


def test_an_auditor_objects_to_nothing(office: Office) -> None:
    """Who only reads does not act."""
    office.take_in()
    details = ObjectDetails(propose(office), "not theirs")
    with pytest.raises(NotAllowed):
        office.desk.propose(office.who("aud"), DeskAction.OBJECT, None, details)


def test_only_what_is_held_is_objected_to(office: Office) -> None:
    """Otherwise one officer could keep two others from revoking them."""
    office.take_in()
    given = office.sign(
        "ada",
        office.desk.propose(office.who("ada"), DeskAction.GRANT_ROLE, None, RoleDetails("ina", Role.REVIEWER)),
    )
    assert isinstance(given, DeskDone)
    with pytest.raises(UserError, match="no objecting"):
        office.desk.propose(office.who("ina"), DeskAction.OBJECT, None, ObjectDetails(given.challenge, "no"))


def test_before_the_first_demand_nothing_is_held(office: Office) -> None:
    """A desk that has just been founded has nothing to protect; founders get their passkeys on the same day."""
    confirm(office, propose(office))
    assert 2 == len(office.desk.staff.credentials("ina"))
