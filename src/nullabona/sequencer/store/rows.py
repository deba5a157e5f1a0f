"""A log's private rows, in whichever database: what every store of a log promises, and how (queries.sql).

One contract suite tests each of them (tests/sequencer/test_store.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from nullabona.errors import NullabonaError, UserError
from nullabona.machine.database import FAILURES, Connection, LeadershipLost, failure
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import Tables

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


SQL: Final = named_queries("nullabona.sequencer.store")
TABLES: Final = Tables("nullabona.sequencer.store", 0x4E756C51, NotThisLog)


class LogRows:
    """One log's rows, for any thread. Raises `LogStoreFailed`."""

    def __init__(self, connection: Connection) -> None:
        self._lock = threading.Lock()
        self._db = connection

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
            if key is not None and (found := self._db.execute(SQL["find_batch"], (key,)).fetchone()):
                if found[2] != digest:
                    raise KeyTaken("other entries were staged under this key")
                return range(found[0], found[0] + found[1])
            return self._stage(entries, key, digest)

        return self._locked(act)

    def staged(self, first: int, limit: int) -> list[bytes]:
        """Entries from number ``first`` on, at most ``limit``."""
        return [entry for (entry,) in self._read("some_staged", first, limit)]

    def integrate(self, size: int, root: bytes, files: Sequence[tuple[str, bytes]] = ()) -> None:
        """Record that the tree has this size and its ``files`` are on the disk; drop the entries in them."""

        def act() -> None:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(SQL["grow_tree"], (size, root))
            self._db.execute(SQL["unstage"], (size,))
            self._keep(files)
            self._commit()

        self._locked(act)

    def note_pruned(self, size: int) -> None:
        """Record that the partial files that a log of ``size`` does not need are removed."""
        self._locked(lambda: self._db.execute(SQL["note_pruned"], (size,)))

    def confirm(self) -> None:
        """Raises `LogStoreFailed` or `LeadershipLost` unless what `tree` said before this call may be signed."""

    def announce(self, note: bytes) -> None:
        """``note`` is about to be published. Raises as `confirm`, and then it must not be."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep a public file that the log itself does not make, if others are kept here, too."""

    def missing(self, has: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        """The public files that the store keeps, too, and that this machine's disk does not have; the note last."""
        del has  # what this machine has is all there is
        yield from ()

    def drop_folder(self, name: str) -> None:
        """The public files in this folder are not needed any more."""

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def _stage(self, entries: Sequence[bytes], key: bytes | None, digest: bytes) -> range:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        first = self._end()
        db.executemany(SQL["stage"], enumerate(entries, first))
        if key is not None:
            db.execute(SQL["keep_batch"], (key, first, len(entries), digest))
        self._commit()
        return range(first, first + len(entries))

    def _keep(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Keep public files in the open transaction, if the store does that."""

    def _before_commit(self) -> None:
        """Check the conditions for committing. Raises `LogStoreFailed`."""

    def _commit(self) -> None:
        self._before_commit()
        self._db.execute("COMMIT")

    def _end(self) -> int:
        found = self._db.execute(SQL["find_end"]).fetchone()[0]
        return int(found if found is not None else self._db.execute(SQL["find_tree"]).fetchone()[1])

    def _read(self, name: str, *values: object) -> list[Any]:
        def act() -> list[Any]:
            with closing(self._db.execute(SQL[name], values)) as rows:
                return rows.fetchall()

        return self._locked(act)

    def _locked(self, act: Callable[[], T]) -> T:
        with self._lock:
            try:
                return act()
            except LeadershipLost:
                self._recover()
                raise
            except FAILURES as error:
                self._recover()
                raise failure(LogStoreFailed, error, "the log's database failed") from error
            except NullabonaError:
                self._recover()
                raise

    def _recover(self) -> None:
        """Leave no transaction open."""
        raise NotImplementedError


def _digest(entries: Sequence[bytes]) -> bytes:
    found = sha256()
    for entry in entries:
        found.update(len(entry).to_bytes(4, "big") + entry)
    return found.digest()
