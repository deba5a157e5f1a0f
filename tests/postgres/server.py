"""A PostgreSQL server for tests, which are told what a statement returns as values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from nullabona.processes import postgres
from nullabona.processes.postgres import ADMIN, ROLE, STANDBY

__all__ = ["ADMIN", "ROLE", "STANDBY", "PostgresServer", "programs"]


def programs() -> Path | None:
    """The folder with PostgreSQL's newest server programs; None if there are none on this machine."""
    return postgres.postgres_programs()


class PostgresServer(postgres.PostgresServer):
    """One server. `make` or `copy` before use, `remove` at the end."""

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the server's administrator."""
        with psycopg.connect(self.url(database, ADMIN), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            rows: list[tuple[object, ...]] = cursor.fetchall() if cursor.description else []
        return rows

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database, which is dropped afterwards."""
        name = self.new_database()
        try:
            yield self.url(name)
        finally:
            self.sql(f"DROP DATABASE {name} WITH (FORCE)")
