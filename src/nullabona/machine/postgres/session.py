"""One session with a PostgreSQL server: statements with their errors translated, and commits that wait for the standby.

Nothing here knows terms or tables. Errors never contain values: PostgreSQL's details quote the rows, so they stop here.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.types.numeric import Int8Dumper

from nullabona.errors import UserError
from nullabona.machine.database import PostgresFailed, PostgresRefused, StandbySilent
from nullabona.machine.dialect import query

CONNECT_S: Final = 10
STATEMENT_MS: Final = 120_000
LOCK_MS: Final = 10_000
IDLE_MS: Final = 60_000
"""How long the server lets a transaction wait for this process. One that was stopped in the middle of a transaction
would otherwise keep its successor from taking the term."""
_SETTINGS: Final = {
    "statement_timeout": str(STATEMENT_MS),
    "lock_timeout": str(LOCK_MS),
    "idle_in_transaction_session_timeout": str(IDLE_MS),
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "bytea_output": "hex",
    "client_min_messages": "warning",
}
_REFUSALS: Final = (psycopg.errors.IntegrityError, psycopg.errors.RaiseException)


class PostgresUnusable(UserError):
    """The PostgreSQL server, database or schema cannot be used as it is."""

    code = "postgres-unusable"
    default_hint = "look at the URL, the server, the role and its rights; see docs/how-to/run-on-postgresql.md"


class LockTaken(PostgresFailed):
    """Somebody else held a lock for too long: in most cases a write that waits for the standby."""

    code = "postgres-lock-taken"
    default_hint = "look whether the standby is there: a write that waits for it holds the lock"


class Session:
    """A connection outside of transactions, with ``schema`` as its search path. Raises `PostgresUnusable`."""

    def __init__(self, url: str, schema: str) -> None:
        try:
            self._connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)
        except psycopg.Error as error:
            raise PostgresUnusable(f"PostgreSQL cannot be reached: {_first_line(error)}") from None
        self._connection.adapters.register_dumper(int, Int8Dumper)  # SQLite's integers have one size
        self._connection.add_notice_handler(self._hear)
        self._warned = False
        for name, value in _SETTINGS.items():
            self.run("SELECT set_config(%s, %s, false)", name, value)
        self.run("SELECT set_config('search_path', quote_ident(%s), false)", schema)

    @property
    def usable(self) -> bool:
        """Whether it is still connected, as far as is known."""
        return not self._connection.closed

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, even if it can only be rolled back."""
        status = self._connection.info.transaction_status
        return self.usable and status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)

    def settings(self, names: Iterable[str]) -> Mapping[str, str]:
        """What the server's settings are for this session."""
        return {name: str(self.run("SELECT current_setting(%s)", name)[0][0]) for name in names}

    def run(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement in PostgreSQL's own SQL."""
        with _translated():
            cursor = self._connection.execute(text, values or None)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        return rows

    def execute(self, sql: str, values: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement in SQLite's SQL."""
        translated = query(sql)
        with _translated():
            return self._connection.execute(translated.text, translated.arguments(values))

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> psycopg.Cursor[tuple[Any, ...]]:
        """As `execute`, for each row of values."""
        translated = query(sql)
        with _translated():
            cursor = self._connection.cursor()
            cursor.executemany(translated.text, [translated.arguments(row) for row in rows])
        return cursor

    def lock(self, kind: int, number: int, wait_s: float) -> bool:
        """Take a lock of this session, waiting at most so long for another one; whether it was free in time."""
        self.run("SELECT set_config('lock_timeout', %s, false)", str(max(1, int(wait_s * 1000))))
        try:
            with _translated():
                self._connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", (kind, number))
        except LockTaken:
            return False
        finally:
            if self.usable:
                self.run("SELECT set_config('lock_timeout', %s, false)", str(LOCK_MS))
        return True

    def commit(self, confirm_s: float) -> None:
        """Commit, and wait at most so long for the standbys that the server waits for.

        Raises `StandbySilent` if the wait had no end or was cut short, and `PostgresFailed`; then this session is
        closed, and whether the transaction happened is unknown. It is not visible to anybody while the server waits.
        """
        self._warned = False
        try:
            tag = self._finish(b"COMMIT", confirm_s)
        except BaseException:
            self.close()
            raise
        if tag != b"COMMIT" or self._warned:
            # A wait that was cancelled ends in a warning, and the commit then is on this server's disk alone.
            self.close()
            raise (
                StandbySilent("the wait for the standby was ended from outside")
                if self._warned
                else PostgresFailed("the transaction was rolled back")
            )

    def close(self) -> None:
        """End the session. Idempotent."""
        self._connection.close()

    def _finish(self, statement: bytes, confirm_s: float) -> bytes:
        """Run a statement without values; its tag. The libraries' own waiting has no end that leaves it unharmed."""
        with _translated():
            connection = self._connection.pgconn
            connection.send_query(statement)
            until = time.monotonic() + confirm_s
            while connection.flush():
                _wait(connection.socket, until, writing=True)
            tag = b""
            while True:
                while connection.is_busy():
                    _wait(connection.socket, until, writing=False)
                    connection.consume_input()
                result = connection.get_result()
                if result is None:
                    return tag
                if result.status != pq.ExecStatus.COMMAND_OK:
                    raise PostgresFailed("PostgreSQL did not commit")
                tag = result.command_status or b""

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized in ("WARNING", "ERROR", "FATAL"):
            self._warned = True


class _translated:  # noqa: N801 - used as a word
    """Raises psycopg's errors as `PostgresRefused` or `PostgresFailed`, without the values that their details quote."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, _REFUSALS):
            raise PostgresRefused(_refused(error)) from None
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise LockTaken("a lock was held for too long") from None
        if isinstance(error, psycopg.Error):
            raise PostgresFailed(f"PostgreSQL failed ({error.sqlstate or 'no connection'})") from None


def _refused(error: psycopg.Error) -> str:
    """The sentence of a trigger; else what SQLite would say of the constraint: its table and columns."""
    said = error.diag
    if isinstance(error, psycopg.errors.RaiseException):
        return said.message_primary or ""
    return f"constraint failed: {said.table_name}.{said.constraint_name}"


def _wait(socket: int, until: float, *, writing: bool) -> None:
    left = until - time.monotonic()
    watched = [socket]
    if left <= 0 or not any(select.select([] if writing else watched, watched if writing else [], [], left)):
        raise StandbySilent("the standby did not confirm a write in time")


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
