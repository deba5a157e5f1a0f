"""The schema: the same whether made fresh or by migrations, and never older than the program thinks."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest

import nullabona.client.store
from nullabona.client.core.model.errors import StoreDamaged, StoreTooNew
from nullabona.client.store import SqliteStore, connection
from nullabona.client.store.statements import SCHEMA_VERSION, STATEMENTS, migrations, parse_statements, schema
from tests.store.samples import KEY

SOURCES = [path for path in Path(nullabona.client.store.__file__).parent.glob("*.py") if path.name != "statements.py"]


def described(*scripts: str) -> dict[str, str]:
    """What a database made by these scripts says of itself, and every row that they put into it."""
    database = apsw.Connection(":memory:")
    for script in scripts:
        database.execute(script)
    query = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    rows = [(str(name), str(sql)) for name, sql in database.execute(query)]
    tables = [name.split()[1] for name, _ in rows if name.startswith("table ")]
    contents = {f"rows of {table}": repr(database.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    database.close()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows} | contents


def test_migrations_equal_the_fresh_schema() -> None:
    """All migrations applied one after the other give what schema.sql gives."""
    assert described(schema()) == described(*migrations().values())


def test_versions_have_no_gaps() -> None:
    """One migration per version, from 1."""
    assert list(range(1, SCHEMA_VERSION + 1)) == list(migrations())


def set_version(path: Path, version: int) -> None:
    store = SqliteStore.create(path, KEY)
    store._connection.pragma("user_version", version)
    store.close()


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """It is not changed, so that the newer program can still open it."""
    path = tmp_path / "store.db"
    set_version(path, SCHEMA_VERSION + 1)
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        SqliteStore.open(path, KEY)
    assert before == path.read_bytes()


def test_a_store_without_a_schema_is_damage(tmp_path: Path) -> None:
    """It is not filled."""
    set_version(tmp_path / "store.db", 0)
    with pytest.raises(StoreDamaged):
        SqliteStore.open(tmp_path / "store.db", KEY)


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """Even if the key opens it."""
    path = tmp_path / "store.db"
    store = SqliteStore.create(path, KEY)
    store._connection.pragma("application_id", 1)
    store.close()
    with pytest.raises(StoreDamaged):
        SqliteStore.open(path, KEY)


def with_migration(monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    """Let the program know one version more."""
    monkeypatch.setattr(connection, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr(connection, "migrations", lambda: {**migrations(), SCHEMA_VERSION + 1: sql})


def test_an_older_store_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it held is still there."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    with store.transaction():
        store.set_value("a", b"1")
    store.close()
    with_migration(monkeypatch, "CREATE TABLE later (a INTEGER) STRICT; INSERT INTO later VALUES (1)")
    SqliteStore.open(tmp_path / "store.db", KEY).close()
    store = SqliteStore.open(tmp_path / "store.db", KEY)
    assert (b"1", [(1,)], SCHEMA_VERSION + 1) == (
        store.get_value("a"),
        store._all("SELECT a FROM later"),
        store._connection.pragma("user_version"),
    )
    store.close()


def test_a_failing_migration_did_not_happen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is still of its old version, and whole."""
    SqliteStore.create(tmp_path / "store.db", KEY).close()
    with monkeypatch.context() as patch:
        with_migration(patch, "CREATE TABLE later (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1)")
        with pytest.raises(nullabona.errors.Bug):
            SqliteStore.open(tmp_path / "store.db", KEY)
    store = SqliteStore.open(tmp_path / "store.db", KEY)
    assert [] == store._all("SELECT name FROM sqlite_master WHERE name = 'later'")
    store.close()


def test_every_statement_is_used_once() -> None:
    """No statement without a use, none used from two places, and no SQL in the code but BEGIN, COMMIT and pragmas."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert sorted(STATEMENTS) == sorted(re.findall(r'STATEMENTS\["(\w+)"\]', source))
    assert [] == re.findall(r'"(?:SELECT|INSERT|UPDATE|DELETE|CREATE)\b', source)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_every_statement_is_valid(name: str) -> None:
    """Each is one statement that the schema allows, and no lookup by key reads a whole table."""
    store = SqliteStore.testing_in_memory()
    values = (None,) * _parameters(STATEMENTS[name])
    plan = [row[-1] for row in store._all("EXPLAIN QUERY PLAN " + STATEMENTS[name], values)]
    scans = {step for step in plan if str(step).startswith("SCAN")}
    assert scans == ALLOWED_SCANS.get(name, set())


ALLOWED_SCANS = {
    "chat_drop_words": {"SCAN word VIRTUAL TABLE INDEX 0:="},
    "generation": {"SCAN profile"},
    "generation_next": {"SCAN profile"},
    "generation_set": {"SCAN profile"},
    "rooms": {"SCAN room"},
    "contacts": {"SCAN contact"},
    # One row for each chat that was imported.
    "imports": {"SCAN import"},
    "people": {"SCAN person"},
    "person_names": {"SCAN person"},
    # The search index, by words or by row.
    "messages_found": {"SCAN word VIRTUAL TABLE INDEX 192:M1<"},
    "words_drop": {"SCAN word VIRTUAL TABLE INDEX 0:="},
    # Counted once for each backup, for its progress.
    "archive_size": {"SCAN CONSTANT ROW", "SCAN chunk", "SCAN message USING COVERING INDEX message_position"},
    "imported_drop_words": {"SCAN word VIRTUAL TABLE INDEX 0:><"},
    # A short table, read by id.
    "outbox": {"SCAN outbox"},
    "outbox_of": {"SCAN outbox"},
    "outbox_times": {"SCAN outbox"},
    "room_boxes": {"SCAN outbox USING INDEX outbox_ref"},
    "room_delete_outbox": {"SCAN outbox"},
    # Once a day.
    "seen_forget": {"SCAN seen"},
    "chunks_drop": {"SCAN chunk"},
}


def _parameters(statement: str) -> int:
    numbered = [int(number) for number in re.findall(r"\?(\d+)", statement)]
    return max(numbered) if numbered else statement.count("?")


def test_a_statement_name_is_used_once() -> None:
    """A second statement of a name would silently win."""
    with pytest.raises(ValueError, match="twice"):
        parse_statements("-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n")
