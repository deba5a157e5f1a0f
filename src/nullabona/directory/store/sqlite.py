"""Cards in SQLite: durable when a transaction returns, erased for good when a row is deleted (spec/directory.md §9).

Two connections: one writes, one looks cards up. The reading one keeps no cache, so that memory does not remember who
was looked for.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from nullabona.directory.core.records import Change, Keep, Known, StoredCard
from nullabona.directory.store.interface import StoreFailed
from nullabona.errors import Bug, UserError

FILE: Final = "cards.db"
LOCK: Final = "cards.lock"
VERSION: Final = 1


class CardsInUse(UserError):
    """Another process holds the cards."""

    code = "cards-in-use"
    default_hint = "stop the other directory first, or choose another data directory"


class CardsUnreadable(UserError):
    """The database is not one of ours, or of a later version."""

    code = "cards-unreadable"
    default_hint = "use the version of nullabona that wrote it, or another data directory"


class SqliteCardStore:
    """Keeps cards in ``directory``/cards.db. Raises `CardsInUse` or `CardsUnreadable`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(directory / LOCK)
        path = directory / FILE
        try:
            self._file = _make_private(path)
            self._writer = _connect(path)
            _prepare(self._writer)
            self._reader = connect_reader(path)
        except sqlite3.Error as error:
            os.close(self._lock)
            raise CardsUnreadable("the card database cannot be opened") from error
        except CardsUnreadable:
            os.close(self._lock)
            raise
        self._path = path
        self._dirty = True
        self._closed = False

    def find(self, name: str) -> StoredCard | None:
        return find_card(self._reader, name)

    def committed(self, name: str, skeleton: str, mark: bytes) -> Known:
        return find_known(self._reader, name, skeleton, mark)

    def known(self, name: str, skeleton: str, mark: bytes) -> Known:
        return find_known(self._writer, name, skeleton, mark)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _translated():
            self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _translated():
                self._check_still_there()
                self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                with _translated():
                    self._writer.execute("ROLLBACK")

    def apply(self, change: Change) -> None:
        if not self._writer.in_transaction:
            raise Bug("a change outside a transaction")
        self._dirty = True
        with _translated():
            if isinstance(change, Keep):
                card = change.card
                self._run("keep_card", card.name, card.skeleton, card.encoded, card.registered_day)
            else:
                self._run("erase_card", change.name)
                self._run("hold", change.hold.mark, change.hold.until_day)

    def release(self, today: int) -> None:
        with _translated():
            self._dirty |= self._run("release", today).rowcount > 0

    def scrub(self) -> None:
        if self._dirty:
            with _translated():
                busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._dirty = bool(busy)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._reader.close()
        try:
            self.scrub()
        finally:
            self._writer.close()
            os.close(self._lock)

    def _check_still_there(self) -> None:
        """Files that were carried away or deleted must not swallow what is said to be kept."""
        try:
            now = self._path.stat()
        except OSError as error:
            raise StoreFailed("the card database is gone") from error
        if (now.st_dev, now.st_ino) != self._file:
            raise StoreFailed("the card database was replaced")

    def _run(self, name: str, *values: object) -> sqlite3.Cursor:
        return self._writer.execute(queries()[name], values)


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read and keeps no cache."""
    connection = _connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = 0")
    return connection


def find_card(connection: sqlite3.Connection, name: str) -> StoredCard | None:
    """The card of ``name``. Raises `StoreFailed` rather than to take an error for an absence."""
    with _translated():
        row = connection.execute(queries()["find_card"], (name,)).fetchone()
    return StoredCard(*row) if row else None


def find_known(connection: sqlite3.Connection, name: str, skeleton: str, mark: bytes) -> Known:
    """As `CardStore.known`, on any connection."""
    current = find_card(connection, name)
    with _translated():
        alike = connection.execute(queries()["find_alike"], (skeleton,)).fetchone()
        held = connection.execute(queries()["find_held"], (mark,)).fetchone()
    return Known(current, alike and alike[0], held and held[0])


@cache
def queries() -> Mapping[str, str]:
    """The statements of queries.sql by name."""
    parts = _text("queries.sql").split("-- name: ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def _text(name: str) -> str:
    return files("nullabona.directory.store").joinpath(name).read_text("utf-8")


def _connect(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(path, uri=uri, isolation_level=None, check_same_thread=False, timeout=5)


def _prepare(connection: sqlite3.Connection) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, VERSION}:
        raise CardsUnreadable("the card database has another version")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_text('schema.sql')} PRAGMA user_version = {VERSION}; COMMIT;")


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise CardsInUse("another process uses this card database") from error
    return fd


def _make_private(path: Path) -> tuple[int, int]:
    """Create the file for its owner only; which file it is."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        stat = os.fstat(fd)
    finally:
        os.close(fd)
    return stat.st_dev, stat.st_ino


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailed("the card database failed") from error
