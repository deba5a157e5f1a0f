"""One process writes: who has an older term changes nothing, whatever it believes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest

from nullabona.machine.database import LeadershipLost
from nullabona.machine.postgres.leader import Leader, LeaderElsewhere
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.sequencer.store.postgres import PostgresLogStore
from nullabona.sequencer.store.rows import NotThisLog
from tests.postgres.server import PostgresServer

ORIGIN = "log.example/test"
ROOT = sha256(b"root").digest()


@pytest.fixture
def place(database: str) -> PostgresPlace:
    """Of a process that does not wait for another one."""
    return PostgresPlace(database, "record", wait_s=0.001, unsafe_without_standby=True)


@pytest.fixture
def first(place: PostgresPlace) -> Iterator[PostgresLogStore]:
    """The process that leads, with one entry."""
    store = PostgresLogStore(place, ORIGIN)
    store.stage([b"first"], None)
    yield store
    store.close()


def taken(place: PostgresPlace, postgres: PostgresServer) -> None:
    """Another server's process drew the next term; this session knows nothing of it."""
    postgres.sql("UPDATE record.lease SET term = term + 1", place.url.split("?", maxsplit=1)[0].rpartition("/")[2])


def test_a_second_process_waits_in_vain(first: PostgresLogStore, place: PostgresPlace) -> None:
    """While one leads, another one does not start, and the first one goes on."""
    with pytest.raises(LeaderElsewhere):
        PostgresLogStore(place, ORIGIN)
    assert range(1, 2) == first.stage([b"second"], None)


def test_the_next_process_leads_when_the_first_has_ended(first: PostgresLogStore, place: PostgresPlace) -> None:
    """It finds what the first one wrote."""
    first.close()
    after = PostgresLogStore(place, ORIGIN)
    assert [b"first"] == after.staged(0, 9)
    after.close()


WRITES = {
    "stage": lambda store: store.stage([b"late"], None),
    "integrate": lambda store: store.integrate(1, ROOT),
    "note_pruned": lambda store: store.note_pruned(1),
    "announce": lambda store: store.announce(b"note"),
    "drop_folder": lambda store: store.drop_folder("tile/0/000.p"),
    "confirm": lambda store: store.confirm(),
}


@pytest.mark.parametrize("write", WRITES)
def test_who_was_paused_changes_nothing(
    first: PostgresLogStore, place: PostgresPlace, postgres: PostgresServer, write: str
) -> None:
    """Its session lives, and another process has the next term: each kind of write is refused, and none is there."""
    before = first.tree(), first.end()
    taken(place, postgres)
    with pytest.raises(LeadershipLost):
        WRITES[write](first)
    assert before == (first.tree(), first.end())


def test_without_the_term_the_attack_succeeds(
    first: PostgresLogStore, place: PostgresPlace, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: a check that any term passes lets the paused process write. So the test above attacks for real."""
    monkeypatch.setattr(Leader, "fence", Leader.fence.replace("term = %s", "term >= %s"))
    taken(place, postgres)
    assert range(1, 2) == first.stage([b"late"], None)


def test_who_was_taken_over_changes_nothing(first: PostgresLogStore, place: PostgresPlace) -> None:
    """The successor ends its session, writes, and goes on after the first one has tried."""
    second = PostgresLogStore(replace(place, take_over=True, wait_s=10), ORIGIN)
    second.stage([b"second"], None)
    for _ in range(2):
        with pytest.raises(LeadershipLost):
            first.integrate(1, ROOT)
    assert ([b"first", b"second"], 0) == (second.staged(0, 9), second.tree().size)
    second.integrate(1, ROOT)
    second.close()


def test_a_lost_connection_is_made_again(
    first: PostgresLogStore, place: PostgresPlace, postgres: PostgresServer
) -> None:
    """A session that ended between two writes is nobody's trouble: the process that leads goes on under its term."""
    database = place.url.split("?", maxsplit=1)[0].rpartition("/")[2]
    postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    assert range(1, 2) == first.stage([b"second"], None)
    postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    assert 2 == first.end()


def test_a_process_that_stopped_inside_a_transaction_lets_go(first: PostgresLogStore, place: PostgresPlace) -> None:
    """The successor ends its transaction, of which nothing is there."""
    first._leader.execute("BEGIN IMMEDIATE")
    first._leader.execute("DELETE FROM staged")
    second = PostgresLogStore(replace(place, take_over=True, wait_s=10), ORIGIN)
    assert [b"first"] == second.staged(0, 9)
    second.close()


def test_each_leader_has_its_own_term(first: PostgresLogStore, place: PostgresPlace) -> None:
    """Terms only grow."""
    before = first._leader.term
    first.close()
    second = PostgresLogStore(place, ORIGIN)
    assert before + 1 == second._leader.term
    second.close()


def test_another_programs_schema_is_left_alone(place: PostgresPlace, postgres: PostgresServer) -> None:
    """Tables that are not a log's are refused, and stay as they are."""
    database = place.url.split("?", maxsplit=1)[0].rpartition("/")[2]
    postgres.sql("CREATE SCHEMA record AUTHORIZATION nulla", database)
    postgres.sql("CREATE TABLE record.theirs (a int)", database)
    with pytest.raises(NotThisLog):
        PostgresLogStore(place, ORIGIN)
    assert [("theirs",)] == postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'record'", database)
