"""A desk whose rows are in PostgreSQL refuses the same to somebody who knows SQL, in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from nullabona.docket.core.acts import ReviewDetails
from nullabona.docket.core.states import Action
from nullabona.docket.store.opening import DeskPlace
from nullabona.docket.store.postgres import PostgresDeskStore
from nullabona.machine.database import Connection, LeadershipLost
from nullabona.machine.postgres.place import PostgresPlace
from tests.docket.databases import REFUSED, of_postgres
from tests.docket.desks import PRODUCE, Clock, Office
from tests.docket.test_four_eyes import ATTEMPTS
from tests.postgres.server import PostgresServer

_TABLES: Final = (
    "act", "apart", "authority", "case_key", "cases", "credential", "deputy", "event", "meta", "officer_role",
    "pending", "permit", "step",
)  # fmt: skip


@pytest.fixture(scope="module")
def offices(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Office]]:
    """A desk in each database, with one case that is decided."""
    made = decided(tmp_path_factory.mktemp("sqlite") / "desk")
    with postgres.database() as url:
        other = decided(PostgresPlace(url, "desk", unsafe_without_standby=True))
        yield made, other
        other.desk.close()
    made.desk.close()


def decided(place: DeskPlace) -> Office:
    """An office whose counsel has decided a case."""
    office = Office(place, Clock())
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), case, PRODUCE))
    return office


def refusal(office: Office, attempt: str) -> str:
    """What the tables say; nothing is changed."""
    connection: Connection = office.desk._store.connection
    before = rows(connection)
    with pytest.raises(REFUSED) as raised:
        connection.execute(attempt)
    assert before == rows(connection)
    return str(raised.value)


def rows(connection: Connection) -> list[object]:
    """What an attempt would change."""
    return [sorted(map(repr, connection.execute(f"SELECT * FROM {table}").fetchall())) for table in _TABLES]


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_both_refuse_with_the_same_sentence(offices: tuple[Office, Office], attempt: str) -> None:
    """A trigger's sentence, word for word; where SQLite refuses by a constraint, so does PostgreSQL."""
    ours, theirs = refusal(offices[0], attempt), refusal(offices[1], of_postgres(attempt))
    if ours.startswith("docket-"):
        assert ours == theirs
    else:
        assert ("constraint failed" in ours, True) == (True, theirs.startswith("constraint failed"))


def test_acts_are_in_the_order_in_which_they_were_signed(offices: tuple[Office, Office]) -> None:
    """Of the case that is decided; SQLite numbers rows by itself, PostgreSQL by a column of its own."""
    told = []
    for store in (office.desk._store for office in offices):
        (case,) = store.connection.execute("SELECT id FROM cases").fetchone()
        told.append([row[0] for row in store.rows("acts_of", case)])
    assert [["intake", "match", "review", "decide"]] * 2 == told


def test_a_desk_that_was_taken_over_writes_nothing(database: str) -> None:
    """It says so by the name on which a console ends, and not that its disk failed; the other one has every case."""
    place = PostgresPlace(database, "desk", unsafe_without_standby=True)
    office = Office(place, Clock())
    case = office.take_in()
    other = PostgresDeskStore(replace(place, take_over=True))
    before = other.rows("acts_of", case)
    for _ in range(2):
        with pytest.raises(LeadershipLost):
            office.walk(case)
    assert before == other.rows("acts_of", case)
    other.close()
    office.desk.close()
