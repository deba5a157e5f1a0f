"""A connection that looks up beside the one that writes: what it sees is on the standby."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn, TypeVar

from nullabona.errors import Bug
from nullabona.machine.database import LeadershipLost, PostgresFailed, Rows, StandbySilent
from nullabona.machine.postgres.leader import NOTHING, Leader

T = TypeVar("T")
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Reader:
    """A connection (`nullabona.machine.database.Connection`) for reading, in the process of ``leader``.

    One thread at a time uses it. While nobody knows whether the last write of the leader is on the standby, it reads
    nothing, because PostgreSQL may show that write and forget it.
    """

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._session = leader.another()

    @property
    def in_transaction(self) -> bool:
        return self._session.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """As sqlite3's. ``BEGIN`` begins a snapshot."""
        match sql:
            case "BEGIN":
                self._again(self._begin)
            case "COMMIT" | "ROLLBACK":
                self._session.run(sql)
            case _ if self._session.in_transaction:
                return self._session.execute(sql, values)
            case _:
                return self._again(lambda: self._session.execute(sql, values))
        return NOTHING

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> NoReturn:  # noqa: ARG002 - of the protocol
        """A reader writes nothing."""
        raise Bug("a reader of PostgreSQL was asked to write")

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def _begin(self) -> None:
        """Begin a snapshot. Raises `LeadershipLost` if another process leads: nothing of it is shown here."""
        self._session.run(_SNAPSHOT)
        try:
            self._leader.check(self._session)
        except LeadershipLost:
            self._session.run("ROLLBACK")
            raise

    def _again(self, act: Callable[[], T]) -> T:
        """Do it; once more in a new session if only then it shows that the connection is lost."""
        if not self._leader.confirmed:
            raise StandbySilent("an earlier write still waits for the standby")
        if self._session.usable:
            try:
                return act()
            except PostgresFailed:
                if self._session.usable:
                    raise
        self._session = self._leader.another()
        return act()
