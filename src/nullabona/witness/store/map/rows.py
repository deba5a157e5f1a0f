"""The rows of one mirrored map, in a SQLite file of its own (queries.sql).

What is in it comes from the directory and was checked, so it is made again if it is lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nullabona.log.following import read_frontier
from nullabona.log.prefix import EMPTY, Leaf
from nullabona.log.prefix_pages import NOTHING, STRIDE, TOP, WIDTH, Part
from nullabona.log.tree import HASH_SIZE
from nullabona.machine.database import FAILURES, failure
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import Tables
from nullabona.witness.core.mirroring import Changes, Followed, Mirrored
from nullabona.witness.store.rows import NotAWitness, WitnessStoreFailed

_SQL: Final = named_queries("nullabona.witness.store.map")
TABLES: Final = Tables("nullabona.witness.store.map", 0x4E756C4D, NotAWitness)


class MapRows:
    """Used by one thread at a time; a `nullabona.log.prefix_pages.Source`. Raises `NotAWitness` for another file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode = WAL").fetchone()
            self._db.execute("PRAGMA synchronous = NORMAL")
            TABLES.prepare(self._db)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise NotAWitness("a mirror's database cannot be opened") from error
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside is kept when it ends, or nothing if it ends in an exception. Raises `WitnessStoreFailed`."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except FAILURES as error:
            raise failure(WitnessStoreFailed, error, "the mirror's database failed") from error

    def mirrored(self) -> Mirrored | None:
        """How far the log was followed; None: not yet."""
        row = self._db.execute(_SQL["mirrored"]).fetchone()
        if row is None:
            return None
        size, peaks, listed = row
        return Mirrored(read_frontier(size, _split(peaks)), bool(listed))

    @property
    def root(self) -> bytes:
        """The root of the map."""
        return next((root for _, _, root in self._db.execute(_SQL["pages"], (TOP, TOP))), EMPTY)

    def parts(self, place: int) -> Sequence[Part]:
        """See `Source`."""
        first, parts = place << STRIDE, [NOTHING] * WIDTH
        for at, labels, root in self._db.execute(_SQL["pages"], (first, first + WIDTH - 1)):
            parts[at - first] = Part(labels, root)
        return parts

    def leaves(self, first: bytes, last: bytes) -> list[Leaf]:
        """See `Source`."""
        return [Leaf(*row) for row in self._db.execute(_SQL["leaves"], (first, last))]

    def clear(self) -> None:
        """An empty map. Only inside a transaction."""
        self._db.execute(_SQL["clear_leaves"])
        self._db.execute(_SQL["clear_pages"])

    def enter(self, changes: Changes, parts: dict[int, Part]) -> None:
        """Change leaves, and the parts of the tree above them. Only inside a transaction."""
        put = [(leaf.label, leaf.commitment) for leaf in changes.values() if leaf is not None]
        self._db.executemany(_SQL["put_leaf"], put)
        self._db.executemany(_SQL["drop_leaf"], [(label,) for label, leaf in changes.items() if leaf is None])
        self._db.executemany(_SQL["put_page"], [(place, part.labels, part.root) for place, part in parts.items()])

    def go_on(self, followed: Followed) -> None:
        """One epoch more. Only inside a transaction."""
        if followed.emptied:
            self.clear()
        self.enter(followed.changes, dict(followed.parts))
        self.note(followed.mirrored)

    def note(self, mirrored: Mirrored) -> None:
        """The log was followed so far. Only inside a transaction."""
        frontier = mirrored.frontier
        self._db.execute(_SQL["put_mirrored"], (frontier.size, b"".join(frontier.peaks), int(mirrored.listed)))

    def close(self) -> None:
        """Release the file."""
        self._db.close()


def _split(peaks: bytes) -> tuple[bytes, ...]:
    return tuple(peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), HASH_SIZE))
