"""A log's rows in PostgreSQL: written by the one process that leads, and on two disks before they count.

What a tree head is signed over was confirmed by the standby, so the loss of a server never makes the log forget it. The
public files are kept here, too: the next process that leads may be on another machine, and writes what its disk lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from nullabona.log.tree import EMPTY_ROOT
from nullabona.machine.database import PostgresFailed
from nullabona.machine.postgres.leader import Leader
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.session import Session
from nullabona.machine.queries import named_queries
from nullabona.sequencer.store.rows import SQL, TABLES, LogRows, NotThisLog

_SQL: Final = named_queries("nullabona.sequencer.store", "postgresql.sql")


class PostgresLogStore(LogRows):
    """One log's schema. Raises `NotThisLog`, or what `Leader` raises."""

    def __init__(self, place: PostgresPlace, origin: str) -> None:
        def begin(session: Session) -> None:
            session.execute(SQL["begin_tree"], (origin, EMPTY_ROOT))

        self._leader = Leader(place, TABLES, begin)
        super().__init__(self._leader)
        if (held := self.tree().origin) != origin:
            self._leader.close()
            raise NotThisLog(f"this database holds the log {held!r}, not {origin!r}")

    def confirm(self) -> None:
        self._locked(self._leader.confirm)

    def announce(self, note: bytes) -> None:
        self._locked(lambda: self._leader.execute(_SQL["keep_note"], (note,)))

    def keep(self, name: str, data: bytes) -> None:
        self._locked(lambda: self._leader.execute(_SQL["keep_file"], (name, data)))

    def missing(self, has: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        for (path,) in self._locked(lambda: self._leader.execute(_SQL["list_files"]).fetchall()):
            if not has(path):
                yield path, self._fetch("read_file", path)
        if note := self._fetch("find_note"):
            yield "checkpoint", note

    def drop_folder(self, name: str) -> None:
        # "0" is the character after "/": every path in the folder, and none beside it.
        self._locked(lambda: self._leader.execute(_SQL["drop_files"], (f"{name}/", f"{name}0")))

    def _keep(self, files: Sequence[tuple[str, bytes]]) -> None:
        self._leader.executemany(_SQL["keep_file"], files)

    def _fetch(self, name: str, *values: object) -> bytes:
        rows = self._locked(lambda: self._leader.execute(_SQL[name], values).fetchall())
        return bytes(rows[0][0]) if rows else b""

    def _recover(self) -> None:
        with suppress(PostgresFailed):  # a session that is lost has no transaction
            if self._leader.in_transaction:
                self._leader.execute("ROLLBACK")
