"""Every role, every action, every state: what is not allowed is refused, by the program and by the database alone."""

from __future__ import annotations

import sqlite3
from itertools import product
from pathlib import Path

import pytest

from nullabona.docket.core.acts import (
    AmendDetails,
    BarDetails,
    CaseDetails,
    ConfirmDetails,
    DecideDetails,
    DeferDetails,
    GagDetails,
    HandOverDetails,
    IntakeDetails,
    MatchDetails,
    PlainDetails,
    RecuseDetails,
    ReleaseDetails,
    ReviewDetails,
)
from nullabona.docket.core.roles import DeskAction, NotAllowed, Role, allowed, permits
from nullabona.docket.core.states import STEPS, Action, State, WrongState
from nullabona.docket.store.sqlite import FILE
from nullabona.docket.vault import Locked
from nullabona.errors import NullabonaError
from tests.docket.desks import GAG, PRODUCE, REFUSE, Clock, Office, demand
from tests.docket.publishing import PublicOffice

A, R = Action, Role
WHO: dict[Role, str] = {
    R.INTAKE: "ina", R.REVIEWER: "rea", R.COUNSEL: "cora", R.RELEASER: "rolf", R.NOTIFIER: "nora", R.PUBLISHER: "pia",
    R.AUDITOR: "aud", R.KEY_CUSTODIAN: "kim", R.ADMIN: "ada",
}  # fmt: skip
MAY: dict[Role, set[Action]] = {
    R.INTAKE: {A.INTAKE, A.AMEND, A.MATCH, A.RECUSE, A.READ},
    R.REVIEWER: {A.MATCH, A.REVIEW, A.CONFIRM_GAG, A.RECUSE, A.READ},
    R.COUNSEL: {
        A.AMEND, A.DECIDE, A.RECEIPT, A.BAR_NOTICE, A.SEAL, A.CLOSE, A.RENEW_GAG, A.LIFT_GAG, A.CONFIRM_GAG, A.RECUSE,
        A.READ,
    },
    R.RELEASER: {A.PRODUCE, A.REFUSE, A.HAND_OVER, A.RECUSE, A.READ},
    R.NOTIFIER: {A.NOTIFY, A.DEFER_NOTICE, A.RECUSE, A.READ},
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
def test_the_desk_allows_exactly_the_table(tmp_path: Path, clock: Clock) -> None:
    """A case in every state, tried by every role with every action through the desk itself."""
    office = PublicOffice(tmp_path, clock)
    try:
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
    finally:
        office.stop()


def _can_show(office: Office, name: str, case: bytes) -> bool:
    try:
        office.desk.show(office.who(name), case)
    except (NotAllowed, Locked):
        return False
    return True


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
    later = {state: office.walk(office.take_in()) for state in list(State)[6:]}
    office.tick(8)
    for state, case in later.items():
        office.do("cora", Action.RECEIPT, case)
        if state != State.RECEIPTED:
            office.do("rolf", Action.HAND_OVER, case)
    cases |= later
    office.register()
    office.do("nora", Action.NOTIFY, cases[State.NOTIFIED])
    office.do(
        "nora", Action.DEFER_NOTICE, cases[State.NOTICE_DEFERRED], DeferDetails(office.clock() + 99, "PCSA 9-2(4)")
    )
    for state in (State.NOTICE_BARRED, State.PUBLISHED, State.SEALED, State.CLOSED):
        office.bar(cases[state])
    office.do("cora", Action.SEAL, cases[State.SEALED])
    for state in (State.PUBLISHED, State.CLOSED):
        office.do("pia", Action.PUBLISH, cases[state])
    office.do("pia", Action.CLOSE, cases[State.CLOSED])
    return cases


def plausible(action: Action, clock: Clock) -> CaseDetails:
    """Details of the kind that belongs to the action."""
    kinds: dict[Action, CaseDetails] = {
        A.INTAKE: IntakeDetails(demand(clock)), A.AMEND: AmendDetails(demand(clock), "typo"),
        A.MATCH: MatchDetails(demand(clock).identifiers), A.REVIEW: ReviewDetails(),
        A.DECIDE: DecideDetails(PRODUCE, bytes(32)), A.PRODUCE: ReleaseDetails(bytes(32), bytes(32)),
        A.REFUSE: ReleaseDetails(bytes(32), bytes(32)), A.DEFER_NOTICE: DeferDetails(clock() + 99, "law"),
        A.BAR_NOTICE: BarDetails("law"), A.RENEW_GAG: GagDetails(GAG, "law"), A.LIFT_GAG: GagDetails(None, "law"),
        A.CONFIRM_GAG: ConfirmDetails(bytes(32)), A.HAND_OVER: HandOverDetails(), A.RECUSE: RecuseDetails("a cousin"),
    }  # fmt: skip
    return kinds.get(action, PlainDetails())


def test_desk_actions_need_their_roles(office: Office) -> None:
    """Every role and every action on the desk, proposing and confirming, put into the database by hand."""
    connection = sqlite3.connect(office.folder / FILE)
    rows = set(connection.execute("SELECT role, action, confirms FROM desk_permit"))
    connection.close()
    assert {("admin", "grant-role", 0), ("admin", "grant-role", 1), ("counsel", "grant-role", 1)} == {
        row for row in rows if row[1] == "grant-role"
    }
    assert {row[0] for row in rows if row[1] == DeskAction.SETTLE} == {"key-custodian", "counsel"}
    assert not {row for row in rows if row[0] == "auditor" and row[1] != "read-journal"}
