"""What PostgreSQL keeps is declared: its tables of ours, and what it has of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.machine.postgres import schema as postgres_schema
from nullabona.machine.postgres.place import PostgresPlace, parse_store
from nullabona.machine.settings import BadConfig
from nullabona.sequencer.store.postgres import PostgresLogStore
from nullabona.sequencer.store.schema import COLUMNS
from tests.postgres.server import PostgresServer
from tests.postgres.test_standby import opened
from tests.sequencer.logs import ORIGIN, audit, publish


def test_what_is_kept_is_what_is_declared(database: str, postgres: PostgresServer) -> None:
    """The columns of SQLite, and those that only PostgreSQL has."""
    PostgresLogStore(PostgresPlace(database, "record", unsafe_without_standby=True), ORIGIN).close()
    name = database.split("?", maxsplit=1)[0].rpartition("/")[2]
    real = postgres.sql("SELECT table_name, column_name FROM information_schema.columns "
                        "WHERE table_schema = 'record'", name)  # fmt: skip
    tables = {table for table, _ in real}
    own = [column for column in postgres_schema.OWN if column.table in tables]
    assert {(column.table, column.name) for column in (*COLUMNS, *own)} == set(real)
    assert {column.table for column in postgres_schema.OWN} - tables == {"act"}


def test_rows_tell_which_came_together(database: str, postgres: PostgresServer) -> None:
    """Why boxes are never there: each row has the number of its transaction, and the numbers are in order."""
    store = PostgresLogStore(PostgresPlace(database, "record", unsafe_without_standby=True), ORIGIN)
    for each in (b"a", b"b", b"c"):
        store.stage([each, each], None)
    store.close()
    name = database.split("?", maxsplit=1)[0].rpartition("/")[2]
    rows = postgres.sql("SELECT entry FROM record.staged ORDER BY xmin::text::bigint", name)
    assert [(each,) for each in (b"a", b"a", b"b", b"b", b"c", b"c")] == rows
    assert [(3,)] == postgres.sql("SELECT count(DISTINCT xmin::text) FROM record.staged", name)


def test_another_machine_gets_the_public_files(database: str, tmp_path: Path) -> None:
    """The next leader's folder is empty; what it publishes is the whole log, with what came after."""
    place = PostgresPlace(database, "record", unsafe_without_standby=True)
    entries = [b"%d" % number for number in range(300)]
    first = opened(tmp_path / "first", place)
    first.stage(entries[:290])
    publish(first)
    first.stage(entries[290:])
    before = publish(first)
    first.release()
    second = opened(tmp_path / "second", place)
    assert before.note == second.checkpoint()
    second.stage([b"after"])
    publish(second)
    assert [*entries, b"after"] == audit(second.public)[1]
    second.release()


@pytest.mark.parametrize(
    "text",
    ["sqlite:///a", "/var/lib/a", "postgresql://nulla:secret@db/a", "postgresql:///a?password=secret",
     "postgresql:///a?sslpassword=", "postgresql://nulla:#secret@db/a", "postgresql://nulla:?secret@db/a",
     "postgresql:///a#b?password=secret", "postgresql:///a?user=b&p%61ssword=secret"],
)  # fmt: skip
def test_a_setting_with_a_secret_is_refused(text: str) -> None:
    """And so is another database; the refusal does not repeat what it refuses."""
    with pytest.raises(BadConfig) as raised:
        parse_store(text)
    assert "secret" not in raised.value.render()
    assert "postgresql:///a?service=log" == parse_store("postgresql:///a?service=log")
