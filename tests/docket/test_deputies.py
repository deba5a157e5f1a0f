"""Deputies: for a time, by two people, named with whom they act for; and never a way around four eyes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nullabona.docket.core.acts import AuthorityDetails, ReviewDetails, RevokeDetails, RoleDetails
from nullabona.docket.core.deputies import MOST_S, DeputyDetails, DeputyWrong, EndDeputyDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority
from nullabona.docket.core.roles import DeskAction, NotAllowed, Role, SamePerson
from nullabona.docket.core.states import Action, State
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.production.sealing import custody_of
from tests.docket.databases import REFUSED, typed
from tests.docket.desks import NOON, PRODUCE, Clock, Office
from tests.docket.publishing import PublicOffice

HOUR = 3_600


def appoint(office: Office, officer: str, absent: str, from_s: int = NOON, until_s: int = NOON + DAY) -> None:
    """By two admins."""
    details = DeputyDetails(officer, absent, from_s, until_s)
    office.both("ada", "ben", DeskAction.APPOINT_DEPUTY, details)


def reviewed(office: Office, taker: str = "ina", reviewer: str = "rea") -> bytes:
    """A case that waits for counsel."""
    case = office.take_in(taker)
    office.sign("rea", office.desk.propose_match(office.who("rea"), case))
    office.do(reviewer, Action.REVIEW, case, ReviewDetails())
    return case


def decide(office: Office, name: str, case: bytes) -> None:
    office.sign(name, office.desk.propose_decision(office.who(name), case, PRODUCE))


def test_a_deputy_decides_and_it_says_for_whom(office: Office) -> None:
    """On the case, in the journal, whose chain holds, and in the chain of custody."""
    appoint(office, "rea", "cora")
    case = reviewed(office)
    decide(office, "rea", case)
    seen = office.desk.show(office.who("carl"), case)
    assert State.DECIDED == seen.state
    assert [("intake", "ina", False), ("review", "rea", False), ("decide", "rea", "cora")] == [
        (one.action, one.officer, one.stands_for or False) for one in seen.approvals
    ]
    made = next(event for event in office.desk.journal(office.who("aud")) if event.kind == "decide")
    assert ("rea", "cora") == (made.officer, made.stands_for)
    lines = custody_of(office.desk.history(office.who("carl"), case), seen.approvals)
    assert [("decide", "cora")] == [(line.act, line.stands_for) for line in lines if line.stands_for]


def test_the_time_is_kept_to_the_second(office: Office, clock: Clock) -> None:
    """Not before it begins, not after it ends, nor by what was drawn up before."""
    appoint(office, "rea", "cora", NOON + HOUR, NOON + 2 * HOUR)
    case = reviewed(office)
    clock.now_s = NOON + HOUR - 1
    with pytest.raises(NotAllowed):
        decide(office, "rea", case)
    clock.now_s = NOON + HOUR
    assert ("cora",) == tuple(one.absent for one in office.desk.staff.active("rea").deputyships)
    clock.now_s = NOON + 2 * HOUR - 1
    proposal = office.desk.propose_decision(office.who("rea"), case, PRODUCE)
    clock.now_s = NOON + 2 * HOUR
    with pytest.raises(NotAllowed):
        office.sign("rea", proposal)
    with pytest.raises(NotAllowed):
        decide(office, "rea", case)
    decide(office, "cora", case)


def ended(office: Office) -> None:
    details = EndDeputyDetails("rea", "cora")
    office.sign("ben", office.desk.propose(office.who("ben"), DeskAction.END_DEPUTY, None, details))


def absent_gone(office: Office) -> None:
    office.both("ada", "carl", DeskAction.REVOKE, RevokeDetails("cora", "left"))


def role_gone(office: Office) -> None:
    office.both("ada", "ben", DeskAction.TAKE_ROLE, RoleDetails("cora", Role.COUNSEL))


def deputy_gone(office: Office) -> None:
    office.both("ada", "carl", DeskAction.REVOKE, RevokeDetails("rea", "left"))


@pytest.mark.parametrize("end", [ended, absent_gone, role_gone, deputy_gone])
def test_it_ends_before_its_time_too(office: Office, end: Callable[[Office], None]) -> None:
    """By one signature, or with the absent officer, the role or the deputy: also for what was drawn up before."""
    appoint(office, "rea", "cora")
    case = reviewed(office)
    proposal = office.desk.propose_decision(office.who("rea"), case, PRODUCE)
    end(office)
    with pytest.raises(NotAllowed):
        office.sign("rea", proposal)
    with pytest.raises(NotAllowed):
        decide(office, "rea", case)


def test_it_can_begin_once_more_after_it_ended(office: Office) -> None:
    """And one that is not there cannot be ended."""
    appoint(office, "rea", "cora")
    ended(office)
    with pytest.raises(DeputyWrong):
        ended(office)
    appoint(office, "rea", "cora")
    decide(office, "rea", reviewed(office))


@pytest.mark.parametrize(
    ("details", "error"),
    [
        (DeputyDetails("rea", "cora", NOON, NOON), DeputyWrong),
        (DeputyDetails("rea", "cora", NOON - HOUR, NOON), DeputyWrong),
        (DeputyDetails("rea", "cora", NOON, NOON + MOST_S + 1), DeputyWrong),
        (DeputyDetails("rea", "aud", NOON, NOON + DAY), DeputyWrong),
        (DeputyDetails("rea", "ben", NOON, NOON + DAY), DeputyWrong),
        (DeputyDetails("ben", "cora", NOON, NOON + DAY), DeputyWrong),
        (DeputyDetails("aud", "cora", NOON, NOON + DAY), DeputyWrong),
        (DeputyDetails("kim", "cora", NOON, NOON + DAY), DeputyWrong),
        (DeputyDetails("rea", "nobody", NOON, NOON + DAY), NotAllowed),
    ],
)
def test_who_and_how_long(office: Office, details: DeputyDetails, error: type[Exception]) -> None:
    """Nobody for an admin or an auditor, none of them for anybody, nobody who reads no cases; 92 days at most."""
    with pytest.raises(error):
        office.desk.propose(office.who("ada"), DeskAction.APPOINT_DEPUTY, None, details)
    appoint(office, "rea", "cora", NOON, NOON + MOST_S)


def test_neither_of_the_two_signs_for_it(office: Office) -> None:
    """Not the absent officer, who is counsel and could confirm others; and one signature appoints nobody."""
    details = DeputyDetails("rea", "cora", NOON, NOON + DAY)
    first = office.sign("ada", office.desk.propose(office.who("ada"), DeskAction.APPOINT_DEPUTY, None, details))
    for name, error in (("cora", SamePerson), ("ada", SamePerson), ("rea", NotAllowed)):
        with pytest.raises(error):
            office.desk.propose_confirm(office.who(name), first.challenge)
    assert () == office.desk.staff.active("rea").deputyships
    office.sign("carl", office.desk.propose_confirm(office.who("carl"), first.challenge))
    assert "cora" == office.desk.staff.active("rea").deputyships[0].absent


def test_four_eyes_stay_four_eyes(office: Office) -> None:
    """Who took the demand in does not decide it as a deputy; nor does the deputy of whoever took it in."""
    appoint(office, "ivo", "cora")
    mine, theirs = reviewed(office, "ivo"), reviewed(office)
    with pytest.raises(SamePerson):
        decide(office, "ivo", mine)
    decide(office, "ivo", theirs)
    appoint(office, "nora", "ina")
    office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("ina", Role.RELEASER))
    with pytest.raises(SamePerson):
        office.sign("nora", office.desk.propose_release(office.who("nora"), theirs))
    office.sign("rolf", office.desk.propose_release(office.who("rolf"), theirs))


def test_nobody_approves_what_their_deputy_decided(office: Office) -> None:
    """Nor does another deputy of theirs; and the database refuses what a program would let pass."""
    office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("cora", Role.RELEASER))
    appoint(office, "rea", "cora")
    case = reviewed(office, reviewer="ivo")
    decide(office, "rea", case)
    appoint(office, "nora", "cora")
    for name in ("cora", "rea", "nora"):
        with pytest.raises(SamePerson):
            office.sign(name, office.desk.propose_release(office.who(name), case))


def test_another_absent_officer_is_named_where_one_may_not(office: Office) -> None:
    """A deputy of two acts for the one who is not kept apart from the case."""
    office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("carl", Role.INTAKE))
    appoint(office, "rea", "carl")
    appoint(office, "rea", "cora")
    case = reviewed(office, "carl", "ivo")
    decide(office, "rea", case)
    approval = office.desk.show(office.who("rolf"), case).approvals[-1]
    assert ("rea", "cora") == (approval.officer, approval.stands_for)


def test_a_deputy_is_a_second_for_the_desk_too(office: Office) -> None:
    """Of somebody else's proposal: not of one's own, nor of the officer's for whom one acts."""
    appoint(office, "nora", "cora")
    authority = Authority("prosecutors", "검찰", "KR", "+82-2-000-0001", NOON // DAY, "cora")
    asked = office.desk.propose(office.who("cora"), DeskAction.REGISTER_AUTHORITY, None, AuthorityDetails(authority))
    first = office.sign("cora", asked)
    with pytest.raises(SamePerson):
        office.sign("nora", office.desk.propose_confirm(office.who("nora"), first.challenge))
    appoint(office, "nora", "rea")
    office.sign("nora", office.desk.propose_confirm(office.who("nora"), first.challenge))
    assert ["prosecutors"] == [one.id for one in office.desk.staff.authorities()]
    made = [event for event in office.desk.journal(office.who("aud")) if event.kind == "confirm-register-authority"]
    assert [("nora", "rea")] == [(event.officer, event.stands_for) for event in made]


def test_a_deputy_decides_nothing_about_the_staff(office: Office) -> None:
    """Neither a role nor another deputy, although the absent counsel could confirm both."""
    appoint(office, "rea", "cora")
    for action, details in (
        (DeskAction.GRANT_ROLE, RoleDetails("pia", Role.INTAKE)),
        (DeskAction.APPOINT_DEPUTY, DeputyDetails("nora", "pia", NOON, NOON + DAY)),
    ):
        first = office.sign("ada", office.desk.propose(office.who("ada"), action, None, details))
        with pytest.raises(NotAllowed):
            office.desk.propose_confirm(office.who("rea"), first.challenge)


def test_a_deputy_of_counsel_issues_receipts(public_office: PublicOffice) -> None:
    """For demands since the appointment; slots from before are sealed to the counsel of that time."""
    office = public_office
    before = office.walk(office.take_in())
    appoint(office, "nora", "cora", office.clock(), office.clock() + DAY)
    since = office.walk(office.take_in())
    office.tick()
    office.do("nora", Action.RECEIPT, since)
    assert State.RECEIPTED == office.desk.glance(office.who("nora"), since).state
    with pytest.raises(Locked):
        office.do("nora", Action.RECEIPT, before)
    office.do("cora", Action.RECEIPT, before)


SQL = {
    "a time that nobody signed": "UPDATE deputy SET until_s = until_s + 1",
    "an end that nobody signed": "UPDATE deputy SET ended_s = 5",
    "an appointment that is removed": "DELETE FROM deputy",
    "a second appointment by the same signatures": "INSERT INTO deputy SELECT num + 1, officer, absent, from_s, "
    "until_s, NULL FROM deputy",
    "an act after its time": "INSERT INTO act SELECT randomblob(32), case_id, 'decide', 0, 'rea', (SELECT key_id FROM "
    "credential WHERE officer = 'rea'), 'reviewed', (SELECT version FROM cases), NULL, randomblob(32), randomblob(32), "
    f"x'', x'', {NOON + DAY}, 'cora' FROM act WHERE action = 'review'",
    "a staff act for somebody": "INSERT INTO act SELECT randomblob(32), NULL, 'revoke', 1, 'rea', (SELECT key_id "
    f"FROM credential WHERE officer = 'rea'), '', zeroblob(32), NULL, NULL, NULL, x'', x'', {NOON}, 'cora'",
}


@pytest.mark.parametrize("attempt", SQL.values(), ids=SQL.keys())
def test_sql_does_not_get_around_it(office: Office, attempt: str) -> None:
    """The database keeps to what two people signed, and an act at the right time would have been taken."""
    appoint(office, "rea", "cora")
    reviewed(office, reviewer="ivo")
    before = [typed(office, f"SELECT * FROM {table}").fetchall() for table in ("act", "deputy")]
    with pytest.raises(REFUSED):
        typed(office, attempt)
    assert before == [typed(office, f"SELECT * FROM {table}").fetchall() for table in ("act", "deputy")]
    if "'decide'" in attempt:
        typed(office, attempt.replace(str(NOON + DAY), str(NOON + DAY - 1)))
