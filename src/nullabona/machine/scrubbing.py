"""Removes erased rows from a database's files: from its log, and from the gaps between the cells of its pages.

For a database in WAL mode with ``secure_delete``, which overwrites cells and pages that are freed, and with
``wal_autocheckpoint = 0``: a checkpoint of SQLite's own would lose what is to be scrubbed.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from nullabona.machine.gaps import overwrite_gaps
from nullabona.machine.wal import KEPT_BYTES, Log

SETTINGS: Final = ("synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY", "wal_autocheckpoint = 0")
"""What the writing connection has to be set to. In memory: a temporary file is unlinked as it was written."""


class Scrubber:
    """Of the database at ``path``, which the caller's ``writer`` has open, and nobody else writes to.

    ``version`` is its user_version, which is written down once more to begin the log again. Raises `OSError`, and what
    the writer raises; then the same call may be repeated.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection, version: int) -> None:
        self._page_size: int = writer.execute("PRAGMA page_size").fetchone()[0]
        self._version = version
        self._log = Log(path.with_name(path.name + "-wal"), self._page_size)
        # Kept open: closing any descriptor of a file would drop the locks that SQLite holds on it (fcntl, POSIX).
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._begun = False
        """This process has begun the log: what SQLite counts in it is all that was written."""

    def is_heavy(self) -> bool:
        """Whether the log has grown beyond its size limit."""
        return self._log.size() > KEPT_BYTES

    def failed(self) -> None:
        """A write failed: the next scrub overwrites what it left in the log."""
        self._log.soil(None)

    def scrub(self, writer: sqlite3.Connection) -> bool:
        """Copy the log into the file, restart it with one meaningless page, and overwrite its old content.

        False if a reader blocks it. A crash in between leaves the log; then the next scrub does it again.
        """
        if not self.begin_log_anew(writer):
            return False
        self._log.blank()
        return True

    def begin_log_anew(self, writer: sqlite3.Connection) -> bool:
        """The log goes into the file, and its next round begins; False if a reader is in the way.

        Before the round ends, what moved rows left in gaps is overwritten. The new round has a page before anything
        else happens to the old one: rows of it that a crash left alone must not be taken for the log again.
        """
        busy, frames, _ = writer.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if busy:
            return False
        self._log.soil(frames)
        overwrite_gaps(self._file, self._log.pages(frames if self._begun else None), self._page_size)
        before = self._log.salts()
        if writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]:
            return False
        writer.execute(f"PRAGMA user_version = {self._version}")
        if self._log.salts() == before:
            return False
        self._log.cut()
        self._begun = True
        return True

    def close(self) -> None:
        """Close the files, after every connection has. Idempotent.

        Raises `OSError`; the files are closed all the same.
        """
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)
            self._log.close()
