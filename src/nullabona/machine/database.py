"""What stores ask of a database, whichever it is: SQLite's own connection, or one to PostgreSQL that answers alike.

Stores write SQLite's SQL. A connection to PostgreSQL translates it (`nullabona.machine.dialect`), so that one set of
statements, one contract suite and one store class serve both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

from nullabona.errors import NullabonaError

Failed = TypeVar("Failed", bound=NullabonaError)


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row, or None
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """The remaining rows."""
        ...

    def close(self) -> None:
        """Drop the rows that were not fetched."""
        ...


class Connection(Protocol):
    """A connection that runs SQLite's SQL. ``BEGIN IMMEDIATE`` begins a transaction that writes."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement for each row of values."""
        ...

    def close(self) -> None:
        """Close it; an open transaction has no effect."""
        ...


class PostgresFailed(NullabonaError):
    """PostgreSQL could not do what was asked; whether the last write happened is unknown."""

    code = "postgres-failed"
    default_hint = "look at PostgreSQL's log; what was asked may be repeated"
    retryable = True


class PostgresRefused(PostgresFailed):
    """A trigger or a constraint of the tables refused a write. ``message``: its sentence, without values."""

    code = "postgres-refused"


class StandbySilent(PostgresFailed):
    """No standby confirmed a write in time, so it may be forgotten. Nothing that depends on it may leave."""

    code = "standby-silent"
    default_hint = "start the standby, or promote it if the primary is ill; writing goes on by itself afterwards"


class LeadershipLost(PostgresFailed):
    """Another process writes to these tables now. This one wrote nothing, and does not any more."""

    code = "leadership-lost"
    default_hint = "stop this process: another one took over; see docs/how-to/run-on-postgresql.md"
    retryable = False


FAILURES: Final = (sqlite3.Error, PostgresFailed)
"""What a connection raises."""
REFUSALS: Final = (sqlite3.IntegrityError, PostgresRefused)
"""What a connection raises of these where the tables themselves refuse a write."""


def failure(kind: type[Failed], error: Exception, sentence: str) -> Failed:
    """A store's own error for what its connection raised: PostgreSQL's sentence and hint, or the store's own."""
    if isinstance(error, PostgresFailed):
        return kind(f"{sentence}: {error.message}", hint=error.hint)
    return kind(sentence)
