"""The sequencer's database. Committed data survives a power cut; the effect of a failed call is unknown."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from nullabona.errors import NullabonaError, UserError
from nullabona.log.tree import EMPTY_ROOT
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.queries import named_queries
from nullabona.machine.standing import StandingFile
from nullabona.machine.tables import Tables

FILE_NAME: Final = "log.db"

T = TypeVar("T")


class LogStoreFailed(NullabonaError):
    """The log's database could not be read or written; whether the last write happened is unknown."""

    code = "log-store-failed"
    default_hint = "check the disk; staging under the same key may be repeated and enters nothing twice"
    retryable = True


class NotThisLog(UserError):
    """The folder holds another log, or another program's data."""

    code = "log-data-version"
    default_hint = "name the folder and the origin that belong together"


class KeyTaken(UserError):
    """Other entries were already staged under this key."""

    code = "log-key-taken"


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree that may be signed. ``pruned``: the log size up to which partial files were removed."""

    origin: str
    size: int
    root: bytes
    pruned: int


_SQL: Final = named_queries("nullabona.sequencer.store")
_TABLES: Final = Tables("nullabona.sequencer.store", 0x4E756C51, NotThisLog)


class LogStore:
    """One log's database, for any thread. The caller holds the folder's lock. Raises `NotThisLog` or `PathUnusable`."""

    def __init__(
        self, folder: Path, origin: str, connection_class: type[sqlite3.Connection] = sqlite3.Connection
    ) -> None:
        self._class = connection_class
        self._lock = threading.Lock()
        with opening(folder / FILE_NAME):
            self._file = StandingFile(folder / FILE_NAME)
            self._db = self._open(lambda db: _TABLES.prepare(db, lambda new: _begin(new, origin)))
        if (held := self.tree().origin) != origin:
            self._db.close()
            raise NotThisLog(f"this folder holds the log {held!r}, not {origin!r}")

    def tree(self) -> Tree:
        """The last integrated tree."""
        return Tree(*self._read("find_tree")[0])

    def end(self) -> int:
        """The number of the next entry."""
        return self._locked(self._end)

    def stage(self, entries: Sequence[bytes], key: bytes | None) -> range:
        """Append ``entries``; return their numbers. Under a known key they are found, not staged again."""
        digest = _digest(entries)

        def act() -> range:
            if key is not None and (found := self._db.execute(_SQL["find_batch"], (key,)).fetchone()):
                if found[2] != digest:
                    raise KeyTaken("other entries were staged under this key")
                return range(found[0], found[0] + found[1])
            return self._stage(entries, key, digest)

        return self._locked(act)

    def staged(self, first: int, limit: int) -> list[bytes]:
        """Entries from number ``first`` on, at most ``limit``."""
        return [entry for (entry,) in self._read("some_staged", first, limit)]

    def integrate(self, size: int, root: bytes) -> None:
        """Record that the tree has this size and its files are on the disk; drop the entries in them."""

        def act() -> None:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(_SQL["grow_tree"], (size, root))
            self._db.execute(_SQL["unstage"], (size,))
            self._commit()

        self._locked(act)

    def note_pruned(self, size: int) -> None:
        """Record that the partial files that a log of ``size`` does not need are removed."""
        self._locked(lambda: self._db.execute(_SQL["note_pruned"], (size,)))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _stage(self, entries: Sequence[bytes], key: bytes | None, digest: bytes) -> range:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        first = self._end()
        db.executemany(_SQL["stage"], enumerate(entries, first))
        if key is not None:
            db.execute(_SQL["keep_batch"], (key, first, len(entries), digest))
        self._commit()
        return range(first, first + len(entries))

    def _commit(self) -> None:
        """Commit, if the file is still in place: commits into a moved file are lost. Raises `LogStoreFailed`."""
        if not self._file.stands():
            raise LogStoreFailed("the log's database is gone or was replaced")
        self._db.execute("COMMIT")

    def _end(self) -> int:
        found = self._db.execute(_SQL["find_end"]).fetchone()[0]
        return int(found if found is not None else self._db.execute(_SQL["find_tree"]).fetchone()[1])

    def _read(self, name: str, *values: object) -> list[Any]:
        def act() -> list[Any]:
            with closing(self._db.execute(_SQL[name], values)) as rows:
                return rows.fetchall()

        return self._locked(act)

    def _locked(self, act: Callable[[], T]) -> T:
        with self._lock:
            try:
                return act()
            except sqlite3.Error as error:
                self._recover()
                raise LogStoreFailed("the log's database failed") from error
            except NullabonaError:
                self._recover()
                raise

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
            if is_of_the_file(error):
                raise
            raise NotThisLog("the log's database cannot be opened") from error
        except BaseException:
            db.close()
            raise
        return db


def _begin(db: sqlite3.Connection, origin: str) -> None:
    db.execute(_SQL["begin_tree"], (origin, EMPTY_ROOT))


def _digest(entries: Sequence[bytes]) -> bytes:
    found = sha256()
    for entry in entries:
        found.update(len(entry).to_bytes(4, "big") + entry)
    return found.digest()
