"""The one process that writes to a schema: a lease with a term, which every write checks in its own transaction.

Two guards. A lock of the session keeps a second process waiting while the first one lives; it frees itself when the
session ends, so it does not stop a process that was only paused or cut off. The term does: each transaction that writes
begins with ``SELECT … FOR SHARE`` of the lease's row, and a process with an older term finds 0 rows. A successor's new
term waits for the transactions of the old one, and after it none can begin.

A new connection first commits a write of its own. What the server shows may have been committed without the standby:
before a crash, or because somebody cancelled the wait. Commits are replicated in order, so once the standby confirmed
this one, it has everything that this process can read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Final, TypeVar
from zlib import crc32

from nullabona.errors import UserError
from nullabona.machine.database import LeadershipLost, PostgresFailed, Rows, StandbySilent
from nullabona.machine.dialect import query
from nullabona.machine.postgres.durability import SETTINGS, MayForget, check_durable
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.session import PostgresUnusable, Session
from nullabona.machine.postgres.tables import prepare
from nullabona.machine.tables import Tables

T = TypeVar("T")

_LOCK_CLASS: Final = 0x4E756C4C
_END_LEADER: Final = """\
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_DRAW: Final = "UPDATE lease SET term = term + 1, begun = begun + 1 RETURNING term"
_CONTINUE: Final = "UPDATE lease SET begun = begun + 1 WHERE term = %s RETURNING term"
_FENCE: Final = "SELECT current_setting('synchronous_standby_names') FROM lease WHERE term = %s FOR SHARE"
_STANDBYS: Final = "SELECT current_setting('synchronous_standby_names')"


class LeaderElsewhere(UserError):
    """Another process leads: it writes to these tables."""

    code = "leader-elsewhere"
    default_hint = (
        "stop that process first. If its last write still waits for the standby, start the standby. If its machine "
        "hangs and cannot be reached, see docs/how-to/run-on-postgresql.md"
    )


def _nothing(_session: Session) -> None:
    """New tables hold no rows."""


class _Nothing:
    """What a statement gives that has no rows."""

    @property
    def rowcount(self) -> int:
        return -1

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


NOTHING: Final = _Nothing()


class Leader:
    """A connection (`nullabona.machine.database.Connection`) of the process that leads. One thread at a time uses it.

    Raises `LeaderElsewhere`, `PostgresUnusable`, `MayForget`, `StandbySilent`, or what the tables raise. A lost
    connection is made again before the next transaction; with it, what is read is confirmed by the standby again.
    """

    fence: ClassVar[str] = _FENCE
    """What a transaction that writes begins with; no row: this process may not."""
    renew: ClassVar[str] = _CONTINUE
    """A write of the lease under this process's term."""

    def __init__(self, place: PostgresPlace, kept: Tables, fill: Callable[[Session], None] = _nothing) -> None:
        self._place = place
        self._confirmed = False
        self._key = (_LOCK_CLASS, crc32(place.schema.encode()) & 0x7FFFFFFF)
        self._session = Session(place.url, place.schema)
        try:
            self._check_durable(self._session)
            self._take_lock(self._session)
            self._session.run("BEGIN")
            prepare(self._session, place, kept, fill)
            self._term = int(self._session.run(_DRAW)[0][0])
            self._confirm(self._session)
            self._confirmed = True
        except BaseException:
            self._session.close()
            raise

    @property
    def term(self) -> int:
        """The number of leaders so far, with this one."""
        return self._term

    @property
    def confirmed(self) -> bool:
        """Whether the standby has everything that other sessions of this process may read."""
        return self._confirmed

    @property
    def in_transaction(self) -> bool:
        return self._session.in_transaction

    def check(self, session: Session) -> None:
        """Raises `LeadershipLost` if, as ``session`` sees it, another process leads."""
        if session.run("SELECT term FROM lease")[0][0] != self._term:
            raise LeadershipLost(f"another process has taken over: term {self._term} has ended")

    def another(self) -> Session:
        """A session beside this one, which can only read. Everything that it can read is on the standby so far."""
        session = self._reconnected()
        try:
            self._check_again(session)
            self._continue(session)
            session.run("SET default_transaction_read_only = on")
        except BaseException:
            session.close()
            raise
        return session

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """As sqlite3's. A write outside of a transaction gets one of its own."""
        match sql:
            case "BEGIN IMMEDIATE":
                self._begin()
            case "COMMIT":
                self._confirm(self._session)
            case "ROLLBACK":
                self._session.run("ROLLBACK")
            case _:
                return self._within(sql, lambda: self._session.execute(sql, values))
        return NOTHING

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Rows:
        """As `execute`, for each row of values."""
        return self._within(sql, lambda: self._session.executemany(sql, rows))

    def confirm(self) -> None:
        """This process still leads, and everything that it can read is on the standby. Raises `PostgresFailed`."""
        self._session = self._ready()
        self._continue(self._session)
        self._confirmed = True

    def close(self) -> None:
        """End the session; the next process may lead."""
        self._session.close()

    def _within(self, sql: str, act: Callable[[], Rows]) -> Rows:
        if self.in_transaction:
            return act()
        if query(sql).reads:
            return self._again(act)
        self._begin()
        try:
            done = act()
            self._confirm(self._session)
        except BaseException:
            if self._session.in_transaction:
                self._session.run("ROLLBACK")
            raise
        return done

    def _begin(self) -> None:
        """Begin a transaction that writes. Raises `LeadershipLost` if this process does not lead any more."""
        self._again(lambda: self._session.run("BEGIN"))
        found = self._session.run(self.fence, self._term)
        if not found:
            self._session.run("ROLLBACK")
            raise LeadershipLost(f"another process has taken over: term {self._term} has ended")
        if not self._place.unsafe_without_standby and not found[0][0].strip():
            self._session.run("ROLLBACK")
            raise StandbySilent("the server's standby was taken out of its settings")

    def _again(self, act: Callable[[], T]) -> T:
        """Do what has no effect by itself; once more if only then it shows that the connection is lost."""
        self._session = self._ready()
        try:
            return act()
        except PostgresFailed:
            if self._session.usable:
                raise
        self._session = self._ready()
        return act()

    def _confirm(self, session: Session) -> None:
        """Commit; when it returns, the standby has it. Raises `PostgresFailed`."""
        try:
            session.commit(self._place.confirm_s)
        except BaseException:
            self._confirmed = False
            raise
        # Who empties the setting lets every commit go that waits, and no warning comes with that.
        if not self._place.unsafe_without_standby and not session.run(_STANDBYS)[0][0].strip():
            session.close()
            self._confirmed = False
            raise StandbySilent("the server's standby was taken out of its settings while a write waited for it")

    def _ready(self) -> Session:
        """The session, or a new one in place of one that broke."""
        if self._session.usable:
            return self._session
        session = self._reconnected()
        try:
            self._check_again(session)
            self._take_lock_again(session)
            self._continue(session)
        except BaseException:
            session.close()
            raise
        self._confirmed = True
        return session

    def _take_lock_again(self, session: Session) -> None:
        """A write of this process that still waits for the standby keeps the lock, and so does a successor."""
        self.check(session)
        if not session.lock(*self._key, self._place.confirm_s):
            raise StandbySilent("an earlier write still waits for the standby")

    def _reconnected(self) -> Session:
        try:
            return Session(self._place.url, self._place.schema)
        except PostgresUnusable as error:
            raise PostgresFailed(error.message, hint=error.hint) from error

    def _continue(self, session: Session) -> None:
        session.run("BEGIN")
        if not session.run(self.renew, self._term):
            session.run("ROLLBACK")
            raise LeadershipLost(f"another process has taken over: term {self._term} has ended")
        self._confirm(session)

    def _check_again(self, session: Session) -> None:
        """As `_check_durable`; for who waits for an answer, a server that could forget is one that fails."""
        try:
            self._check_durable(session)
        except MayForget as error:
            raise PostgresFailed(error.message, hint=error.hint) from error

    def _check_durable(self, session: Session) -> None:
        if not self._place.unsafe_without_standby:
            settings = session.settings(SETTINGS)
            check_durable(settings)
            session.run("SELECT set_config('synchronous_commit', %s, false)", settings["synchronous_commit"])

    def _take_lock(self, session: Session) -> None:
        if self._place.take_over:
            session.run(_END_LEADER, *self._key)
        if not session.lock(*self._key, self._place.wait_s):
            raise LeaderElsewhere("another process writes to this database")
