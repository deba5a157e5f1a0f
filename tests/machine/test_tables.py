"""Every server's database goes from version to version with what it holds, and a program never touches a later one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.machine import tables
from nullabona.machine.tables import DatabaseTooNew, migrations
from nullabona.relay.core.boxes import Batch
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.sequencer.store.sqlite import LogStore
from nullabona.witness.core.judging import Held
from nullabona.witness.store.sqlite import WitnessStore

ADDED = "CREATE TABLE later (a INTEGER) STRICT;\nINSERT INTO later VALUES (1);\n"
"""A made-up way to the version after today's."""


class Store(Protocol):
    """What all of them can."""

    def close(self) -> None: ...


def _relay(folder: Path) -> Store:
    store = SqliteBoxStore(folder)
    store.commit(Batch(frames=[(1, 20_000, b"a frame")]))
    return store


def _directory(folder: Path) -> Store:
    store = SqliteCardStore(folder)
    with store.transaction():
        store.apply(Keep(StoredCard("mina", "mina", b"a card", 7), bytes(32)), Place(b"l" * 32, b"n" * 16))
    return store


def _log(folder: Path) -> Store:
    return LogStore(folder, "log.example/cards")


def _witness(folder: Path) -> Store:
    store = WitnessStore(folder)
    store.change("log.example/cards", lambda _: (Held(3, bytes(32), b"a note"), None))
    return store


def _console(folder: Path) -> Store:
    store = ConsoleStore(folder)
    store.add_passkey(Passkey(bytes(16), "ina", "key 1", bytes(32), 0, b"sealed", 10))
    return store


SERVERS: list[tuple[str, Callable[[Path], Store], Callable[[Path], Store]]] = [
    ("boxes.db", _relay, SqliteBoxStore),
    ("cards.db", _directory, SqliteCardStore),
    ("log.db", _log, _log),
    ("witness.db", _witness, WitnessStore),
    ("console.db", _console, ConsoleStore),
]
each_server = pytest.mark.parametrize(
    ("file", "fill", "reopen"), SERVERS, ids=[file.removesuffix(".db") for file, *_ in SERVERS]
)


def know(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """The program is of a later day: it knows one version more."""
    monkeypatch.setattr(tables, "migrations", lambda package: {**migrations(package), 2: script})


def content(path: Path) -> list[str]:
    """Every row of every table, and the version."""
    db = sqlite3.connect(path)
    try:
        return [*db.iterdump(), str(db.execute("PRAGMA user_version").fetchone())]
    finally:
        db.close()


@each_server
def test_an_older_database_is_migrated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    fill: Callable[[Path], Store],
    reopen: Callable[[Path], Store],
) -> None:
    """What it held is still there, and nothing is done twice."""
    fill(tmp_path).close()
    before = content(tmp_path / file)
    assert [line for line in before if line.startswith("INSERT")]
    know(monkeypatch, ADDED)
    for _ in range(2):
        reopen(tmp_path).close()
    after = content(tmp_path / file)
    assert ("(1,)", "(2,)") == (before.pop(), after.pop())
    added = [line for line in after if "later" in line]
    assert ["CREATE TABLE later (a INTEGER) STRICT;", 'INSERT INTO "later" VALUES(1);'] == added
    assert sorted(before) == sorted(line for line in after if line not in added)


@each_server
def test_an_earlier_program_leaves_it_as_it_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    fill: Callable[[Path], Store],
    reopen: Callable[[Path], Store],
) -> None:
    """Anyone who goes back by one version is told which to use; then that one goes on."""
    fill(tmp_path).close()
    with monkeypatch.context() as later:
        know(later, ADDED)
        reopen(tmp_path).close()
    before = content(tmp_path / file)
    for _ in range(2):
        with pytest.raises(DatabaseTooNew, match="the database has version 2; this program knows 1"):
            reopen(tmp_path)
    assert before == content(tmp_path / file)
    know(monkeypatch, ADDED)
    reopen(tmp_path).close()
    assert before == content(tmp_path / file)


@each_server
def test_a_failing_step_did_not_happen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    fill: Callable[[Path], Store],
    reopen: Callable[[Path], Store],
) -> None:
    """The database is still of its old version, and today's program opens it."""
    fill(tmp_path).close()
    before = content(tmp_path / file)
    with monkeypatch.context() as later:
        know(later, ADDED + "INSERT INTO missing VALUES (1);\n")
        with pytest.raises(Exception, match=r"cannot be opened|missing"):
            reopen(tmp_path)
    assert before == content(tmp_path / file)
    reopen(tmp_path).close()


@each_server
def test_versions_have_no_gaps_and_lead_to_the_newest_tables(
    tmp_path: Path, file: str, fill: Callable[[Path], Store], reopen: Callable[[Path], Store]
) -> None:
    """All steps one after the other give what schema.sql gives."""
    del fill
    store = reopen(tmp_path)
    store.close()
    steps = migrations(type(store).__module__.rpartition(".")[0])
    assert list(range(1, len(steps) + 1)) == list(steps)
    stepwise = sqlite3.connect(":memory:")
    for script in steps.values():
        stepwise.executescript(script)
    made = sqlite3.connect(tmp_path / file)
    query = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
    assert made.execute(query).fetchall() == stepwise.execute(query).fetchall()
    made.close()
    stepwise.close()
