"""Every role, every action, every state: what is not allowed is refused, by the program and by the database alone."""

from __future__ import annotations

import sqlite3
from itertools import product

import pytest

from nullabona.docket.core.acts import (
    AmendDetails,
    AuthorityDetails,
    BarDetails,
    CaseDetails,
    ConfirmDetails,
    DecideDetails,
    DeferDetails,
    DeskDetails,
    GagDetails,
    HandOverDetails,
    IntakeDetails,
    KeyDetails,
    MatchDetails,
    ObjectDetails,
    OpenDetails,
    OutageDetails,
    PlainDetails,
    RecuseDetails,
    ReleaseDetails,
    ReportDetails,
    ResumeDetails,
    ReviewDetails,
    RevokeDetails,
    RoleDetails,
    SettleDetails,
    SignOffDetails,
    StayDetails,
)
from nullabona.docket.core.deputies import DeputyDetails, EndDeputyDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority, Demand, Identifier
from nullabona.docket.core.roles import CONFIRMS, DeskAction, NotAllowed, Role, allowed, desk_permits, permits
from nullabona.docket.core.states import STEPS, Action, State, WrongState
from nullabona.docket.keeping.signing import credential_of
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.store.sqlite import FILE
from nullabona.errors import NullabonaError
from tests.docket.databases import REFUSED, typed
from tests.docket.desks import GAG, PRODUCE, REFUSE, Clock, Office, demand, person
from tests.docket.publishing import PublicOffice

A, R = Action, Role
WHO: dict[Role, str] = {
    R.INTAKE: "ina", R.REVIEWER: "rea", R.COUNSEL: "cora", R.RELEASER: "rolf", R.NOTIFIER: "nora", R.PUBLISHER: "pia",
    R.AUDITOR: "aud", R.KEY_CUSTODIAN: "kim", R.ADMIN: "ada",
}  # fmt: skip
MAY: dict[Role, set[Action]] = {
    R.INTAKE: {A.INTAKE, A.AMEND, A.MATCH, A.RECUSE, A.READ},
    R.REVIEWER: {A.MATCH, A.REVIEW, A.CONFIRM_GAG, A.CONFIRM_BAR, A.RECUSE, A.READ},
    R.COUNSEL: {
        A.AMEND, A.DECIDE, A.RECEIPT, A.BAR_NOTICE, A.SEAL, A.CLOSE, A.RENEW_GAG, A.LIFT_GAG, A.CONFIRM_GAG, A.RECUSE,
        A.READ, A.CONFIRM_BAR, A.NOBODY_TO_TELL, A.STAY, A.RESUME,
    },
    R.RELEASER: {A.PRODUCE, A.REFUSE, A.HAND_OVER, A.RECUSE, A.READ},
    R.NOTIFIER: {A.NOTIFY, A.NOTIFY_FIRST, A.DEFER_NOTICE, A.NOBODY_TO_TELL, A.RECUSE, A.READ},
    R.PUBLISHER: {A.PUBLISH, A.CLOSE, A.RECUSE, A.READ},
    R.AUDITOR: {A.READ},
    R.KEY_CUSTODIAN: set(),
    R.ADMIN: set(),
}  # fmt: skip
"""Written down a second time on purpose: the promise, beside the program's table."""


def test_the_table_is_the_promise() -> None:
    """The program's table allows what is written here, in the states of the state machine, and nothing else."""
    promised = {(role, action, state) for role, may in MAY.items() for state, action in STEPS if action in may}
    assert promised == set(permits())


def test_the_database_allows_exactly_the_table(office: Office) -> None:
    """An act of every role, for every action and state, put in by hand: accepted only where the table has it."""
    case = office.take_in()
    office.desk.close()
    connection = sqlite3.connect(office.folder / FILE, isolation_level=None)
    connection.execute("DROP TRIGGER cases_move")
    refused: dict[tuple[Role, Action, State | None], str] = {}
    for role, action, state in product(Role, Action, (None, *State)):
        refused[role, action, state] = _insert(connection, WHO[role], action, state, case)
    connection.close()
    office.desk = office.open()
    for (role, action, state), why in refused.items():
        if not allowed([role], action, state):
            assert why, (role, action, state)
        else:
            assert why in {"", "docket-stale", "docket-same-person", "docket-wrong-state"}, (role, action, state, why)
    assert sum(why == "" for why in refused.values()) > 100


def _insert(connection: sqlite3.Connection, officer: str, action: Action, state: State | None, case: bytes) -> str:
    connection.execute("BEGIN")
    try:
        connection.execute("UPDATE cases SET state = ? WHERE id = ?", (state or "", case))
        key = connection.execute("SELECT key_id FROM credential WHERE officer = ?", (officer,)).fetchone()[0]
        version = connection.execute("SELECT version FROM cases WHERE id = ?", (case,)).fetchone()[0]
        values = (bytes(32), case, action, officer, key, state or "", version)
        connection.execute(
            "INSERT INTO act (challenge, case_id, action, officer, key_id, state, version, encoded, payload, at_s) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, x'', x'', 0)",
            values,
        )
    except sqlite3.IntegrityError as error:
        return str(error)
    else:
        return ""
    finally:
        connection.execute("ROLLBACK")


@pytest.mark.slow
def test_the_desk_allows_exactly_the_table(public_office: PublicOffice, clock: Clock) -> None:
    """A case in every state, tried by every role with every action through the desk itself."""
    office = public_office
    cases = in_every_state(office)
    assert set(State) == set(cases)
    for role, action, state in product(Role, Action, State):
        if action == Action.READ:
            continue
        try:
            details = plausible(action, clock)
            office.desk.propose(office.who(WHO[role]), action, cases[state], details)
            outcome = "allowed"
        except (NotAllowed, WrongState, Locked):
            outcome = "refused"
        except NullabonaError:
            outcome = "allowed, but the content does not fit"
        assert allowed([role], action, state) == outcome.startswith("allowed"), (role, action, state, outcome)
    for role, state in product(Role, State):
        assert _can_show(office, WHO[role], cases[state]) == allowed([role], Action.READ, state)


def _can_show(office: Office, name: str, case: bytes) -> bool:
    try:
        office.desk.show(office.who(name), case)
    except (NotAllowed, Locked):
        return False
    return True


RECEIPTED = [state for state in list(State)[6:] if state is not State.STAYED]
"""The states of a case whose receipt was issued."""


def in_every_state(office: PublicOffice) -> dict[State, bytes]:
    """A case in each state, made by the right people."""
    cases: dict[State, bytes] = {}
    cases[State.RECEIVED] = office.take_in()
    cases[State.MATCHED] = office.take_in()
    cases[State.REVIEWED] = office.take_in()
    cases[State.DECIDED] = office.take_in()
    for state in (State.MATCHED, State.REVIEWED, State.DECIDED):
        office.sign("ina", office.desk.propose_match(office.who("ina"), cases[state]))
    for state in (State.REVIEWED, State.DECIDED):
        office.do("rea", Action.REVIEW, cases[state], ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), cases[State.DECIDED], PRODUCE))
    cases[State.PRODUCED] = office.walk(office.take_in())
    cases[State.REFUSED] = office.walk(office.take_in(), REFUSE)
    later: dict[State, bytes] = {}
    for state in RECEIPTED:
        decision = REFUSE if state is State.NOBODY_TO_TELL else PRODUCE
        later[state] = office.walk(office.take_in(given=_demand_for(state, office.clock)), decision)
    office.tick(8)
    for state, case in later.items():
        office.do("cora", Action.RECEIPT, case)
        if state not in {State.RECEIPTED, State.NOTIFIED_FIRST}:
            office.do("rolf", Action.HAND_OVER, case)
    cases |= later
    cases[State.STAYED] = office.walk(office.take_in())
    office.do("cora", Action.STAY, cases[State.STAYED], StayDetails("서울행정법원 2027아1"))
    office.register()
    office.do("nora", Action.NOTIFY, cases[State.NOTIFIED])
    office.do("nora", Action.NOTIFY_FIRST, cases[State.NOTIFIED_FIRST])
    office.do("cora", Action.NOBODY_TO_TELL, cases[State.NOBODY_TO_TELL])
    office.do(
        "nora",
        Action.DEFER_NOTICE,
        cases[State.NOTICE_DEFERRED],
        DeferDetails(office.clock() + 99, "통신비밀보호법 제9조의2제4항"),
    )
    for state in (State.NOTICE_BARRED, State.PUBLISHED, State.SEALED, State.CLOSED):
        office.bar(cases[state])
    office.do("cora", Action.SEAL, cases[State.SEALED])
    for state in (State.PUBLISHED, State.CLOSED):
        office.do("pia", Action.PUBLISH, cases[state])
    office.do("pia", Action.CLOSE, cases[State.CLOSED])
    return cases


def _demand_for(state: State, clock: Clock) -> Demand:
    """A demand that can come to stand so."""
    if state is State.NOTIFIED_FIRST:
        return demand(clock, instrument="US.CIVIL", gates=())
    if state is State.NOBODY_TO_TELL:
        return demand(clock, identifiers=(Identifier("handle", "nobody@relay.example"),), classes=("content",))
    return demand(clock)


def plausible(action: Action, clock: Clock) -> CaseDetails:
    """Details of the kind that belongs to the action."""
    kinds: dict[Action, CaseDetails] = {
        A.INTAKE: IntakeDetails(demand(clock)), A.AMEND: AmendDetails(demand(clock), "typo"),
        A.MATCH: MatchDetails(demand(clock).identifiers), A.REVIEW: ReviewDetails(),
        A.DECIDE: DecideDetails(PRODUCE, bytes(32)), A.PRODUCE: ReleaseDetails(bytes(32), bytes(32)),
        A.REFUSE: ReleaseDetails(bytes(32), bytes(32)), A.DEFER_NOTICE: DeferDetails(clock() + 99, "law"),
        A.BAR_NOTICE: BarDetails("law"), A.RENEW_GAG: GagDetails(GAG, "law"), A.LIFT_GAG: GagDetails(None, "law"),
        A.CONFIRM_GAG: ConfirmDetails(bytes(32)), A.CONFIRM_BAR: ConfirmDetails(bytes(32)),
        A.HAND_OVER: HandOverDetails(),
        A.RECUSE: RecuseDetails("a cousin"), A.STAY: StayDetails("court"), A.RESUME: ResumeDetails("court"),
    }  # fmt: skip
    return kinds.get(action, PlainDetails())


D = DeskAction
DESK_MAY: dict[DeskAction, tuple[set[Role], set[Role]]] = {
    D.ENROL: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.REVOKE: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.GRANT_ROLE: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.TAKE_ROLE: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.ADD_KEY: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.APPOINT_DEPUTY: ({R.ADMIN}, {R.ADMIN, R.COUNSEL}),
    D.END_DEPUTY: ({R.ADMIN, R.COUNSEL}, set()),
    D.REGISTER_AUTHORITY: ({R.INTAKE, R.COUNSEL}, {R.REVIEWER, R.COUNSEL}),
    D.REPORT: ({R.PUBLISHER}, {R.COUNSEL}),
    D.OPEN: ({R.COUNSEL}, set()),
    D.SETTLE: ({R.KEY_CUSTODIAN}, {R.COUNSEL}),
    D.OUTAGE: ({R.PUBLISHER}, {R.COUNSEL}),
    D.SIGN_OFF: ({R.COUNSEL}, {R.COUNSEL, R.REVIEWER}),
    D.OBJECT: (set(Role) - {R.AUDITOR}, set()),
    D.READ_JOURNAL: ({R.AUDITOR, R.COUNSEL}, set()),
}
"""Who may do or propose it, and who may confirm it: the promise once more, beside the program's tables."""


def test_the_table_of_the_desk_is_the_promise() -> None:
    """Every action on the desk that there is stands here, with exactly these roles."""
    promised = {(role, action, 0) for action, (may, _) in DESK_MAY.items() for role in may}
    promised |= {(role, action, 1) for action, (_, confirms) in DESK_MAY.items() for role in confirms}
    assert set(DeskAction) == set(DESK_MAY)
    assert promised == set(desk_permits())


def test_the_database_allows_desk_actions_exactly_as_promised(office: Office) -> None:
    """An act of every role, for every action on the desk, done and confirmed, put in by hand."""
    refused = {}
    for role, action, confirms in product(Role, DeskAction, (0, 1)):
        typed(office, "BEGIN IMMEDIATE")
        try:
            typed(
                office,
                "INSERT INTO act (challenge, action, confirms, officer, key_id, state, version, encoded, payload, at_s)"
                " VALUES (?, ?, ?, ?, (SELECT key_id FROM credential WHERE officer = ?), '', ?, x'', x'', 0)",
                (bytes(32), action, confirms, WHO[role], WHO[role], bytes(32)),
            )
            refused[role, action, confirms] = ""
        except REFUSED as error:
            refused[role, action, confirms] = str(error)
        typed(office, "ROLLBACK")
    for (role, action, confirms), why in refused.items():
        assert (role in DESK_MAY[action][confirms]) == (why == ""), (role, action, confirms, why)


def test_the_desk_allows_desk_actions_exactly_as_promised(office: Office) -> None:
    """Every role asks the desk for every action on it, with details that belong to it."""
    office.take_in()
    details = desk_details(office)
    assert {*details, DeskAction.READ_JOURNAL} == set(DeskAction)
    for role, action in product(Role, details):
        try:
            office.desk.propose(office.who(WHO[role]), action, None, details[action])
            allowed_now = True
        except NotAllowed:
            allowed_now = False
        except NullabonaError:
            allowed_now = True
        assert (role in DESK_MAY[action][0]) == allowed_now, (role, action)
    for role in Role:
        assert _can_read_journal(office, WHO[role]) == (role in DESK_MAY[D.READ_JOURNAL][0]), role


def test_the_desk_allows_second_signatures_exactly_as_promised(office: Office) -> None:
    """Every role is asked to confirm each thing that waits; what is held is past its day."""
    office.take_in()
    proposers = {action: WHO[min(may)] for action, (may, confirms) in DESK_MAY.items() if confirms}
    assert set(CONFIRMS) == set(proposers)
    for action, by in proposers.items():
        office.sign(by, office.desk.propose(office.who(by), action, None, desk_details(office)[action]))
    office.clock.pass_(2 * DAY)
    seconds = WHO | {R.ADMIN: "ben", R.COUNSEL: "carl"}  # not those who proposed
    for role, waiting in product(Role, office.desk.pending()):
        try:
            office.desk.propose_confirm(office.who(seconds[role]), waiting.challenge)
            allowed_now = True
        except NotAllowed:
            allowed_now = False
        assert (role in DESK_MAY[waiting.action][1]) == allowed_now, (role, waiting.action)


def _can_read_journal(office: Office, name: str) -> bool:
    try:
        office.desk.journal(office.who(name))
    except NotAllowed:
        return False
    return True


def desk_details(office: Office) -> dict[DeskAction, DeskDetails]:
    """Details of the kind that belongs to each action."""
    key = credential_of(b"\x06" * 32, "spare")
    authority = Authority("busan", "부산경찰청", "KR", "+82-51", 20_000, "ina")
    newcomer = person("tess").enrolment()
    return {
        D.ENROL: newcomer, D.REVOKE: RevokeDetails("ivo", "left"), D.GRANT_ROLE: RoleDetails("ivo", R.NOTIFIER),
        D.TAKE_ROLE: RoleDetails("ivo", R.REVIEWER), D.ADD_KEY: KeyDetails("ivo", key),
        D.REGISTER_AUTHORITY: AuthorityDetails(authority), D.REPORT: ReportDetails("2026H2", bytes(32), 0),
        D.OPEN: OpenDetails(()), D.SETTLE: SettleDetails("2026H2"), D.OBJECT: ObjectDetails(bytes(32), "no"),
        D.OUTAGE: OutageDetails(0, 0, "정전", "a power cut"),
        D.SIGN_OFF: SignOffDetails("KR.WARRANT", 0, bytes(32), "the text"),
        D.APPOINT_DEPUTY: DeputyDetails("ivo", "nora", office.clock(), office.clock() + 9 * DAY),
        D.END_DEPUTY: EndDeputyDetails("ivo", "nora"),
    }  # fmt: skip
