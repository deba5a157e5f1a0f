"""Tables that several processes write to, one transaction at a time, as SQLite has it; nobody leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from nullabona.machine.postgres.leader import Leader
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.session import Session
from nullabona.machine.tables import Tables


def _nothing(_session: Session) -> None:
    """New tables hold no rows."""


class Shared(Leader):
    """A connection whose transactions wait for those of other processes. Terms only count processes.

    The lock of the session is held only while tables are made, so that two processes do not both make them.
    """

    fence: ClassVar[str] = "SELECT current_setting('synchronous_standby_names') FROM lease WHERE term >= %s FOR UPDATE"
    renew: ClassVar[str] = "UPDATE lease SET begun = begun + 1 WHERE term >= %s RETURNING term"

    def __init__(self, place: PostgresPlace, kept: Tables, fill: Callable[[Session], None] = _nothing) -> None:
        super().__init__(place, kept, fill)
        self._session.run("SELECT pg_advisory_unlock(%s::int, %s::int)", *self._key)

    def check(self, session: Session) -> None:
        """Nobody is taken over."""

    def _take_lock_again(self, session: Session) -> None:
        """There are tables already."""
