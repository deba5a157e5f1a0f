"""The witness's database: the last checkpoint it cosigned of each log. One transaction looks, decides and keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from nullabona.errors import NullabonaError, UserError
from nullabona.machine.queries import named_queries
from nullabona.machine.standing import StandingFile
from nullabona.machine.tables import Tables
from nullabona.witness.core.judging import Held

FILE_NAME: Final = "witness.db"

T = TypeVar("T")


class WitnessStoreFailed(NullabonaError):
    """The witness's database could not be read or written; nothing was cosigned."""

    code = "witness-store-failed"
    default_hint = "check the disk; the log asks again"
    retryable = True


class NotAWitness(UserError):
    """The folder holds another program's data."""

    code = "witness-data-version"
    default_hint = "name the witness's own folder; never start one again under an old key: it would have forgotten"


_SQL: Final = named_queries("nullabona.witness.store")
_TABLES: Final = Tables("nullabona.witness.store", 0x4E756C57, NotAWitness)


class WitnessStore:
    """Used by one thread at a time. The caller holds the folder's lock."""

    def __init__(self, folder: Path, connection_class: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self._file = StandingFile(folder / FILE_NAME)
        self._class = connection_class
        self._db = self._open(_TABLES.prepare)

    def find(self, origin: str) -> Held | None:
        """The last cosigned checkpoint of this log."""
        try:
            row = self._db.execute(_SQL["find"], (origin,)).fetchone()
        except sqlite3.Error as error:
            raise WitnessStoreFailed("the witness's database cannot be read") from error
        return Held(*row) if row is not None else None

    def change(self, origin: str, decide: Callable[[Held | None], tuple[Held | None, T]]) -> T:
        """Pass the log's held checkpoint to ``decide``, store the new one that it gives, if any, and return its result.

        The stored data is on the disk when this returns. If it raises `WitnessStoreFailed`, also because the database
        was moved or replaced, the data may be there or not, and no answer that depends on it may leave.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            kept, answer = decide(self.find(origin))
            if kept is not None:
                self._db.execute(_SQL["keep"], (origin, kept.size, kept.root, kept.note))
            self._check_standing()
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._recover()
            raise WitnessStoreFailed("the witness's database cannot be written") from error
        except BaseException:
            self._recover()
            raise
        return answer

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _check_standing(self) -> None:
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
                    self._db = self._open(_TABLES.check)

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
