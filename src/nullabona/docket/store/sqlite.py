"""The desk's database in SQLite: durable when a transaction returns, in a file that must stay where it is."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final

from nullabona.docket.store.rows import DeskRows, DeskStoreFailed
from nullabona.docket.store.versions import DeskUnreadable, bring_up_to_date
from nullabona.errors import UserError
from nullabona.machine.standing import StandingFile

FILE: Final = "desk.db"
LOCK: Final = "desk.lock"


class DeskInUse(UserError):
    """Another process holds the desk's data."""

    code = "docket-in-use"
    default_hint = "stop the other desk first, or use it"


class DeskStore(DeskRows):
    """Keeps a desk in ``folder``/desk.db. Raises `DeskInUse` or `DeskUnreadable`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(folder / LOCK)
        try:
            self._file = StandingFile(folder / FILE)
            super().__init__(_opened(folder / FILE))
        except sqlite3.Error as error:
            os.close(self._lock)
            raise DeskUnreadable("the desk's database cannot be opened") from error
        except DeskUnreadable:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Leave nothing of erased rows in any file, and let go."""
        try:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.connection.close()
            os.close(self._lock)

    def _before_commit(self) -> None:
        if not self._file.stands():
            raise DeskStoreFailed("the desk's database is gone or was replaced")


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in (
        "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY", "foreign_keys = ON", "trusted_schema = OFF",
        "recursive_triggers = ON",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    bring_up_to_date(connection)
    connection.execute("PRAGMA journal_mode = WAL")


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise DeskInUse("another process uses this desk") from error
    return fd
