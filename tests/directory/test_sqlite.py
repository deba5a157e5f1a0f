"""The SQLite store: durable, private, declared in full, and nothing left of what was erased."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.directory.core.records import Erase, Hold, Keep, Place, StoredCard
from nullabona.directory.store import rows
from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.schema import COLUMNS, FILES
from nullabona.directory.store.sqlite import CardsInUse, CardsUnreadable, SqliteCardStore
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import DatabaseTooNew

SECRET = b"a card that is gone " * 500
CARD = Keep(StoredCard("gone", "gone", SECRET, 7), bytes(32))
PLACE = Place(b"l" * 32, b"n" * 16)
ERASE = Erase("gone", Hold(bytes(32), 97))


def test_every_column_is_declared(tmp_path: Path) -> None:
    """The real tables have exactly the declared columns, and each says what it is for."""
    store = SqliteCardStore(tmp_path)
    with sqlite3.connect(tmp_path / "cards.db") as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        real = [(table, row[1]) for table in tables for row in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    store.close()
    assert sorted(real) == sorted((column.table, column.name) for column in COLUMNS)
    assert all(column.purpose and column.retention and column.legal_class for column in COLUMNS)


def test_every_file_is_declared_and_private(tmp_path: Path) -> None:
    """Only declared files appear while the store runs, and only their owner may read them."""
    store = SqliteCardStore(tmp_path / "data")
    with store.transaction():
        store.apply(CARD, PLACE)
    found = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "data").iterdir()}
    store.close()
    assert found == {file.pattern: 0 for file in FILES if "/" not in file.pattern}


def test_cards_outlive_the_process(tmp_path: Path) -> None:
    """What was committed is there after opening again."""
    for _ in range(2):
        store = SqliteCardStore(tmp_path)
        with store.transaction():
            store.apply(CARD, PLACE)
        found = store.find("gone")
        assert found is not None
        assert replace(found, label=b"", epoch=0) == CARD.card
        store.close()


def test_nothing_of_an_erased_card_stays_in_any_file(tmp_path: Path) -> None:
    """After erasing and scrubbing, no file contains a piece of the card: no free page, no write-ahead log."""
    store = SqliteCardStore(tmp_path)
    with store.transaction():
        store.apply(CARD, PLACE)
    store.scrub()
    assert SECRET[:40] in _everything(tmp_path)
    with store.transaction():
        store.apply(ERASE, PLACE)
        store.serve(9)
    store.scrub()
    assert SECRET[:20] not in _everything(tmp_path)
    store.close()


def test_nothing_of_a_replaced_card_stays_in_any_file(tmp_path: Path) -> None:
    """An update erases the card before it."""
    store = SqliteCardStore(tmp_path)
    for card in (CARD.card, StoredCard("gone", "gone", b"new", 7)):
        with store.transaction():
            store.apply(Keep(card, bytes(32)), PLACE)
            store.serve(9)
    store.scrub()
    assert SECRET[:20] not in _everything(tmp_path)
    store.close()


def _everything(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A second directory on the same files is refused, and the first is not disturbed."""
    store = SqliteCardStore(tmp_path)
    with pytest.raises(CardsInUse):
        SqliteCardStore(tmp_path)
    store.close()
    SqliteCardStore(tmp_path).close()


@pytest.mark.parametrize("damage", ["version", "garbage"])
def test_a_database_that_is_not_ours_is_refused(tmp_path: Path, damage: str) -> None:
    """Neither a later version nor garbage is touched."""
    SqliteCardStore(tmp_path).close()
    path = tmp_path / "cards.db"
    if damage == "garbage":
        path.write_bytes(b"not a database, but long enough to be read as one" * 100)
    else:
        db = sqlite3.connect(path)
        db.execute("PRAGMA user_version = 9")
        db.close()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(CardsUnreadable if damage == "garbage" else DatabaseTooNew):
            SqliteCardStore(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_said_to_be_kept_in_files_that_are_gone(tmp_path: Path, *, replaced: bool) -> None:
    """When the files were carried away under a running directory, a change fails instead of being lost silently."""
    store = SqliteCardStore(tmp_path)
    for path in tmp_path.glob("cards.db*"):
        path.unlink()
    if replaced:
        (tmp_path / "cards.db").touch()
    with pytest.raises(StoreFailed), store.transaction():
        store.apply(CARD, PLACE)
    store.close()


def test_an_error_is_never_an_absence(tmp_path: Path) -> None:
    """A lookup that cannot read raises; it does not say that there is no card."""
    store = SqliteCardStore(tmp_path)
    store.close()
    with pytest.raises(StoreFailed):
        store.find("gone")
    with pytest.raises(StoreFailed), store.transaction():
        pass


def test_two_names_with_one_skeleton_cannot_be_stored(tmp_path: Path) -> None:
    """Even if a decision were wrong, the database refuses look-alikes."""
    store = SqliteCardStore(tmp_path)
    with pytest.raises(StoreFailed):
        _keep(store, CARD, Keep(StoredCard("g0ne", "gone", b"x", 7), bytes(32)))
    assert store.find("gone") is None
    store.close()


def _keep(store: SqliteCardStore, *changes: Keep) -> None:
    with store.transaction():
        for change in changes:
            store.apply(change, PLACE)


def test_every_statement_is_used() -> None:
    """No statement in queries.sql is left over, and none is missing."""
    code = Path(rows.__file__).read_text("utf-8")
    assert all(f'"{name}"' in code for name in named_queries("nullabona.directory.store"))
