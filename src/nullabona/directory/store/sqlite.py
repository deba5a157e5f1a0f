"""Cards in SQLite: durable when a transaction returns, erased permanently when a row is deleted (spec/directory.md §9).

Two connections: one writes, one looks up cards. The reading one has no cache, so that memory keeps no trace of which
handle was looked up.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.rows import CardRows, RowAside, translated
from nullabona.errors import UserError
from nullabona.machine.failures import name_of
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.scrubbing import SETTINGS, Scrubber
from nullabona.machine.standing import StandingFile
from nullabona.machine.tables import Tables

FILE: Final = "cards.db"
LOCK: Final = "cards.lock"


class CardsInUse(UserError):
    """Another process holds the cards."""

    code = "cards-in-use"
    default_hint = "stop the other directory first, or choose another data directory"


class CardsUnreadable(UserError):
    """The file is not a directory's database."""

    code = "cards-unreadable"
    default_hint = (
        "use the version of nullabona that wrote it. To begin without cards, move cards.db, cards.db-wal and "
        "cards.db-shm away, never record/, and run nulla relay init --cards-lost; owners' devices put their cards back"
    )


TABLES: Final = Tables("nullabona.directory.store", 0x4E756C43, CardsUnreadable)


class SqliteCardStore(CardRows):
    """Stores cards in ``directory``/cards.db. Raises `CardsInUse`, `CardsUnreadable` or `PathUnusable`."""

    def __init__(self, directory: Path) -> None:
        path = directory / FILE
        with opening(path):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _lock(directory / LOCK)
            try:
                self._file = StandingFile(path)
                writer = _connect(path)
                _prepare(writer)
                self._scrubber = Scrubber(path, writer, TABLES.newest())
                self._scrubbed = writer
                super().__init__(writer, connect_reader(path))
            except BaseException as error:
                os.close(self._lock)
                if isinstance(error, sqlite3.Error) and not is_of_the_file(error):
                    raise CardsUnreadable(f"the card database cannot be opened: {name_of(error)}") from error
                raise
        self._path = path
        self._closed = False

    def scrub(self) -> None:
        """If a reader blocks it, the next scrub does the work."""
        if self._dirty:
            try:
                with translated():
                    self._dirty = not self._scrubber.scrub(self._scrubbed)
            except OSError as error:
                raise StoreFailed("the card database could not be scrubbed") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As `CardRows.transaction`; the next scrub overwrites what a failed one left in the log."""
        try:
            with CardRows.transaction(self):
                yield
        except BaseException:
            if not self._closed:
                self._scrubber.failed()
                self._dirty = True
            raise

    @contextmanager
    def aside(self) -> Iterator[RowAside]:
        """Holds no transaction between two calls, so that the write-ahead log can be emptied in between."""
        with translated():
            connection = connect_reader(self._path)
        try:
            yield RowAside(connection)
        finally:
            connection.close()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._reader.close()
        try:
            self.scrub()
        finally:
            self._writer.close()
            with suppress(OSError):
                self._scrubber.close()
            os.close(self._lock)

    def _before_commit(self) -> None:
        """Check that the files were not moved or deleted, because commits into them would be lost."""
        if not self._file.stands():
            raise StoreFailed("the card database is gone or was replaced")


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read and keeps no cache. Raises `sqlite3.Error`."""
    connection = _connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = 0")
    return connection


def _connect(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(path, uri=uri, isolation_level=None, check_same_thread=False, timeout=5)


def _prepare(connection: sqlite3.Connection) -> None:
    TABLES.version_of(connection)  # before a foreign file is changed
    for pragma in ("journal_mode = WAL", *SETTINGS):
        connection.execute(f"PRAGMA {pragma}")
    TABLES.prepare(connection)


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise CardsInUse("another process uses this card database") from error
    return fd
