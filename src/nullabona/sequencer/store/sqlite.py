"""A log's rows in SQLite. Committed data survives a power cut; the effect of a failed call is unknown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.log.tree import EMPTY_ROOT
from nullabona.machine.failures import DAMAGED, name_of
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.standing import StandingFile
from nullabona.sequencer.store.rows import SQL, TABLES, LogRows, LogStoreFailed, NotThisLog

FILE_NAME: Final = "log.db"
_DAMAGED: Final = (
    "look at the disk, then restore the log from a copy that is not older (docs/how-to/keep-the-record.md); "
    "never begin it again"
)


class LogStore(LogRows):
    """One log's database, for any thread. The caller holds the folder's lock. Raises `NotThisLog` or `PathUnusable`."""

    def __init__(
        self, folder: Path, origin: str, connection_class: type[sqlite3.Connection] = sqlite3.Connection
    ) -> None:
        self._class = connection_class
        with opening(folder / FILE_NAME):
            self._file = StandingFile(folder / FILE_NAME)
            super().__init__(self._open(lambda db: TABLES.prepare(db, lambda new: _begin(new, origin))))
        if (held := self.tree().origin) != origin:
            self._db.close()
            raise NotThisLog(f"this folder holds the log {held!r}, not {origin!r}")

    def _before_commit(self) -> None:
        """The file is still in place: commits into a moved file are lost. Raises `LogStoreFailed`."""
        if not self._file.stands():
            raise LogStoreFailed("the log's database is gone or was replaced")

    def _recover(self) -> None:
        """Leave no transaction open; if that fails too, reopen the same file, which holds what was committed.

        A missing file is not created again: it would begin another history of the same log.
        """
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._db.close()
            if self._file.stands():
                with suppress(sqlite3.Error, NotThisLog):
                    self._db = self._open(TABLES.check)

    def _open(self, prepare: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._file.uri, uri=True, isolation_level=None, check_same_thread=False, factory=self._class
        )
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA synchronous = FULL")
            prepare(db)
        except sqlite3.DatabaseError as error:
            db.close()
            if is_of_the_file(error):
                raise
            raise NotThisLog(
                f"the log's database cannot be opened: {name_of(error)}",
                hint=_DAMAGED if name_of(error) in DAMAGED else NotThisLog.default_hint,
            ) from error
        except BaseException:
            db.close()
            raise
        return db


def _begin(db: sqlite3.Connection, origin: str) -> None:
    db.execute(SQL["begin_tree"], (origin, EMPTY_ROOT))
