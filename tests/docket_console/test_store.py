"""What the console keeps, and what its database refuses whoever asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.docket.console.store.postgres import PostgresConsoleStore
from nullabona.docket.console.store.records import Applicant, DisplayPreferences, Enrolment, Passkey
from nullabona.docket.console.store.rows import ConsoleRows, ConsoleStoreFailed, ConsoleUnreadable
from nullabona.docket.console.store.schema import COLUMNS, FILES
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.machine.postgres.place import PostgresPlace


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsoleRows]:
    """In both databases."""
    made: ConsoleRows
    if request.param == "sqlite":
        made = ConsoleStore(tmp_path)
    else:
        place = PostgresPlace(request.getfixturevalue("database"), "console", unsafe_without_standby=True)
        made = PostgresConsoleStore(place)
    yield made
    made.close()


def passkey(number: int = 1, officer: str = "ina", count: int = 0) -> Passkey:
    return Passkey(bytes([number]) * 16, officer, f"key {number}", bytes([number]), count, b"sealed", 10)


def test_every_column_is_declared(tmp_path: Path) -> None:
    """What is not declared with purpose and retention may not exist."""
    ConsoleStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "console.db") as raw:
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {(table, row[1]) for table in tables for row in raw.execute(f"PRAGMA table_info({table})")}
    raw.close()
    assert {(column.table, column.name) for column in COLUMNS} == found
    assert {path.name for path in tmp_path.iterdir()} <= {file.pattern for file in FILES}
    assert (tmp_path / "console.db").stat().st_mode & 0o077 == 0


def test_a_count_never_goes_back(store: ConsoleRows) -> None:
    """Keys that do not count may stay at nothing."""
    store.add_passkey(passkey(count=5))
    store.count_use(passkey().credential_id, 6)
    for count in (6, 5, 0):
        with pytest.raises(ConsoleStoreFailed):
            store.count_use(passkey().credential_id, count)
    store.add_passkey(passkey(2))
    store.count_use(passkey(2).credential_id, 0)


def test_a_name_is_free_again_once_its_key_is_aside(store: ConsoleRows) -> None:
    """Two keys in use have two names; a key is never taken up again."""
    store.add_passkey(passkey(1))
    same = Passkey(b"x" * 16, "ina", "key 1", b"x", 0, b"", 10)
    with pytest.raises(ConsoleStoreFailed):
        store.add_passkey(same)
    assert store.set_aside("ina", passkey(1).credential_id)
    assert not store.set_aside("rea", passkey(1).credential_id)
    store.add_passkey(same)
    assert [True, False] == sorted((one.aside for one in store.passkeys_of("ina")), reverse=True)


def test_a_token_is_spent_with_what_it_brings(store: ConsoleRows) -> None:
    """Applicant, passkeys and token together, or nothing: a second use leaves the first as it was."""
    store.keep_enrolment("token", Enrolment("tess", "Tess", 100, known=False))
    assert (None, None) == (store.enrolment("token", 100), store.enrolment("other", 1))
    applicant = Applicant("tess", "Tess", "age1", 5)
    store.apply("token", applicant, [passkey(1, "tess"), passkey(2, "tess")])
    with pytest.raises(ConsoleStoreFailed):
        store.apply("token", applicant, [passkey(3, "tess")])
    assert ((applicant,), 2) == (store.applicants(), len(store.passkeys_of("tess")))
    store.turn_away("tess")
    assert ((), ()) == (store.applicants(), store.passkeys_of("tess"))


def test_an_officer_is_not_turned_away_like_an_applicant(store: ConsoleRows) -> None:
    """The passkeys of somebody who has been admitted stay."""
    store.keep_enrolment("token", Enrolment("tess", "Tess", 100, known=False))
    store.apply("token", Applicant("tess", "Tess", "age1", 5), [passkey(1, "tess"), passkey(2, "tess")])
    store.admitted("tess")
    store.turn_away("tess")
    assert 2 == len(store.passkeys_of("tess"))


def test_recovering_sets_everything_earlier_aside(store: ConsoleRows) -> None:
    """And ends the recovery."""
    store.add_passkey(passkey(1))
    store.open_recovery("ina", "ada", 1)
    store.keep_enrolment("token", Enrolment("ina", "Ina", 100, known=True))
    store.recover("token", "ina", [passkey(2), passkey(3)])
    assert [True, False, False] == [one.aside for one in store.passkeys_of("ina")]
    assert store.recovery("ina") is None


@pytest.mark.parametrize("admins", [("ina", "ada"), ("ada", "ada"), ("ada", "ina")], ids=str)
def test_two_admins_vouch_for_a_third_person(store: ConsoleRows, admins: tuple[str, str]) -> None:
    """The database refuses one person twice, and anybody for themselves."""

    def vouch() -> None:
        store.open_recovery("ina", admins[0], 1)
        store.second_recovery("ina", admins[1], 2)

    with pytest.raises(ConsoleStoreFailed):
        vouch()


def test_an_objection_voids_the_token_too(store: ConsoleRows) -> None:
    """There is nothing left to enrol with."""
    store.open_recovery("ina", "ada", 1)
    store.second_recovery("ina", "ben", 2)
    with pytest.raises(ConsoleStoreFailed):
        store.second_recovery("ina", "cid", 3)
    store.keep_enrolment("token", Enrolment("ina", "Ina", 10**9, known=True))
    assert store.drop_recovery("ina")
    assert (None, False) == (store.enrolment("token", 5), store.drop_recovery("ina"))


def test_what_ran_out_is_erased(tmp_path: Path) -> None:
    """Tokens that nobody used do not stay in the file."""
    store = ConsoleStore(tmp_path)
    store.keep_enrolment("token", Enrolment("PlantedOfficer", "x", 100, known=False))
    store.keep_display("ina", DisplayPreferences("ko", "dark"))
    store.sweep(100)
    store.close()
    assert b"PlantedOfficer" not in (tmp_path / "console.db").read_bytes()
    again = ConsoleStore(tmp_path)
    assert DisplayPreferences("ko", "dark") == again.display("ina")
    again.close()


def test_two_processes_write_one_after_another(database: str) -> None:
    """In PostgreSQL as in SQLite: nobody leads, and a token is spent once."""
    place = PostgresPlace(database, "console", unsafe_without_standby=True)
    first, second = PostgresConsoleStore(place), PostgresConsoleStore(place)
    first.keep_enrolment("token", Enrolment("ina", "Ina", 100, known=False))
    second.apply("token", Applicant("ina", "Ina", "age1", 10), [passkey()])
    with pytest.raises(ConsoleStoreFailed):
        first.apply("token", Applicant("rea", "Rea", "age1", 10), [passkey(2)])
    first.keep_display("ina", DisplayPreferences("ko", "dark"))
    assert [passkey()] == list(first.passkeys_of("ina"))
    assert DisplayPreferences("ko", "dark") == second.display("ina")
    assert second.applicant("rea") is None
    first.close()
    second.close()


def test_a_strange_database_is_left_alone(tmp_path: Path) -> None:
    """Neither a later version nor something else is opened."""
    for statement in ("PRAGMA user_version = 2", "CREATE TABLE other (x)"):
        path = tmp_path / statement[:6]
        path.mkdir()
        raw = sqlite3.connect(path / "console.db")
        raw.execute(statement)
        raw.commit()
        raw.close()
        with pytest.raises(ConsoleUnreadable):
            ConsoleStore(path)
    (tmp_path / "console.db").write_bytes(b"not a database" * 100)
    with pytest.raises(ConsoleUnreadable):
        ConsoleStore(tmp_path)
