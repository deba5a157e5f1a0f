"""A witness's rows in SQLite, in a file that must stay where it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.machine.standing import StandingFile
from nullabona.witness.store.rows import TABLES, NotAWitness, WitnessRows, WitnessStoreFailed

FILE_NAME: Final = "witness.db"


class WitnessStore(WitnessRows):
    """Used by one thread at a time. The caller holds the folder's lock."""

    def __init__(self, folder: Path, connection_class: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self._file = StandingFile(folder / FILE_NAME)
        self._class = connection_class
        super().__init__(self._open(TABLES.prepare))

    def _before_commit(self) -> None:
        """Check that the file is still in place: writes into a moved file are lost. Raises `WitnessStoreFailed`."""
        if not self._file.stands():
            raise WitnessStoreFailed("the witness's database is gone or was replaced")

    def _recover(self) -> None:
        """Leave no transaction open; if that fails too, reopen the same file, which holds what was committed.

        A missing file is not created again: it would have forgotten what was cosigned.
        """
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._db.close()
            if self._file.stands():
                with suppress(sqlite3.Error, NotAWitness):
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
            raise NotAWitness("the witness's database cannot be opened") from error
        except BaseException:
            db.close()
            raise
        return db
