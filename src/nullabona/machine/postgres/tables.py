"""The tables of a schema in PostgreSQL: a new schema gets them, any other one is left as it is and refused."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Final

from nullabona.machine.dialect import tables
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.session import Session
from nullabona.machine.tables import DatabaseTooNew, Tables, schema

_TABLES: Final = "SELECT 1 FROM pg_tables WHERE schemaname = %s LIMIT 1"
RULES: Final = "rules.postgresql.sql"
"""The triggers of a package, in PL/pgSQL."""
MORE: Final = "schema.postgresql.sql"
"""Tables that a package keeps only in PostgreSQL."""


def read_script(package: str, name: str) -> str:
    """A script of a package; empty where it has none of that name."""
    found = files(package).joinpath(name)
    return found.read_text("utf-8") if found.is_file() else ""


def prepare(session: Session, place: PostgresPlace, kept: Tables, fill: Callable[[Session], None]) -> None:
    """The schema of ``place`` has the tables of ``kept`` afterwards, and the lease; ``fill`` writes into new ones.

    It is one transaction, which the caller has begun and commits. Raises ``kept.foreign`` or `DatabaseTooNew`.
    """
    if session.run(_TABLES, place.schema):
        _check(session, place.schema, kept)
        return
    if not place.begins:
        raise kept.foreign(f"there is nothing in the schema {place.schema} of this database")
    session.run(f'CREATE SCHEMA IF NOT EXISTS "{place.schema}"')
    _create(session, kept)
    fill(session)


def has_tables(place: PostgresPlace) -> bool:
    """Whether anything is in this schema. Raises `PostgresUnusable` or `PostgresFailed`."""
    session = Session(place.url, place.schema)
    try:
        return bool(session.run(_TABLES, place.schema))
    finally:
        session.close()


def _create(session: Session, kept: Tables) -> None:
    for statement in tables(schema(kept.package)):
        session.run(statement)
    session.run(read_script("nullabona.machine.postgres", "lease.sql"))
    for name in (MORE, RULES):
        if script := read_script(kept.package, name):
            session.run(script)
    session.run("INSERT INTO program VALUES (1, %s, %s)", kept.application_id, kept.newest())


def _check(session: Session, name: str, kept: Tables) -> None:
    found = session.run("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'program'", name)
    row = session.run("SELECT application_id, version FROM program") if found else []
    if not row or row[0][0] != kept.application_id:
        raise kept.foreign(f"the schema {name} holds another program's tables")
    if row[0][1] > kept.newest():
        raise DatabaseTooNew(f"the schema {name} has version {row[0][1]}; this program knows {kept.newest()}")
    if row[0][1] < kept.newest():
        # No release has kept tables in PostgreSQL before this version; the first change of tables brings the way.
        raise kept.foreign(f"the schema {name} has version {row[0][1]}, which this program cannot migrate")
