"""The prototype's shelf: group commit in SQLite and nothing else; and, one by one, what the product adds to that."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

SEQ_BITS = 23
PAGE = 8_192
FETCH = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An append on its way: who asked, under which number of record, box, frame."""

    caller: object
    request_id: int
    box: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """What of the store is more than bare."""

    expiry: bool = False
    """A day beside every frame, a table of boxes with theirs, and incarnations."""
    erasing: bool = False
    """Deleted bytes are overwritten, and the log is emptied every two seconds."""


class Shelf:
    """Keeps frames in batches on a thread of its own. ``kept`` is called on the loop with each batch that is synced."""

    def __init__(
        self,
        folder: Path,
        shape: Shape,
        loop: asyncio.AbstractEventLoop,
        kept: Callable[[list[tuple[Kept, int]]], None],
    ) -> None:
        self._shape = shape
        self._loop = loop
        self._kept = kept
        self._queue: deque[Kept] = deque()
        self._last: dict[int, int] = {}
        self._busy = self._woken = False
        self._scrub_next = False
        self._db, self._reader = (self._open(folder / "frames.db") for _ in range(2))
        self._work: SimpleQueue[tuple[list[tuple[Kept, int]], bool] | None] = SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()
        loop.call_later(2, self._scrub)

    def append(self, kept: Kept) -> None:
        """Into the next batch."""
        self._queue.append(kept)
        if not self._busy and not self._woken:
            self._woken = True
            self._loop.call_soon(self._seal)

    def read(self, box: int, after: int) -> tuple[int, list[bytes]]:
        """At most a thousand frames of a box, and the number of the last of them."""
        sql = "SELECT id & 8388607, body FROM frame WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
        first, last = box << SEQ_BITS | (after + 1), box << SEQ_BITS | (1 << SEQ_BITS) - 1
        rows = self._reader.execute(sql, (first, last, FETCH)).fetchall()
        return (rows[-1][0], [body for _, body in rows]) if rows else (after, [])

    def _seal(self) -> None:
        self._woken = False
        batch = []
        last = self._last
        for kept in self._queue:
            seq = last.get(kept.box, 0) + 1
            last[kept.box] = seq
            batch.append((kept, seq))
        self._queue.clear()
        self._busy = True
        self._work.put((batch, self._scrub_next))
        self._scrub_next = False

    def _done(self, batch: list[tuple[Kept, int]]) -> None:
        self._busy = False
        self._kept(batch)
        if self._queue and not self._woken:
            self._woken = True
            self._loop.call_soon(self._seal)

    def _scrub(self) -> None:
        self._scrub_next = True
        self._loop.call_later(2, self._scrub)

    def _write(self) -> None:
        while (work := self._work.get()) is not None:
            batch, scrub = work
            self._commit(batch)
            if scrub:
                how = "TRUNCATE" if self._shape.erasing else "PASSIVE"
                self._db.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
            self._loop.call_soon_threadsafe(self._done, batch)

    def _commit(self, batch: list[tuple[Kept, int]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        if self._shape.expiry:
            new = [(kept.box, bytes(32), bytes(8), 1, 20_030) for kept, seq in batch if seq == 1]
            self._db.executemany("INSERT OR IGNORE INTO box VALUES (?, ?, ?, ?, ?)", new)
            rows = sorted((kept.box << SEQ_BITS | seq, 20_030, kept.frame) for kept, seq in batch)
            self._db.executemany("INSERT INTO frame VALUES (?, ?, ?)", rows)
        else:
            bare = sorted((kept.box << SEQ_BITS | seq, kept.frame) for kept, seq in batch)
            self._db.executemany("INSERT INTO frame VALUES (?, ?)", bare)
        self._db.execute("COMMIT")

    def _open(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -32768")
        db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()
        if self._shape.erasing:
            db.execute("PRAGMA secure_delete = ON").fetchone()
        day = "expiry_day INTEGER NOT NULL, " if self._shape.expiry else ""
        db.execute(f"CREATE TABLE IF NOT EXISTS frame (id INTEGER PRIMARY KEY, {day}body BLOB NOT NULL) STRICT")
        if self._shape.expiry:
            db.execute(
                "CREATE TABLE IF NOT EXISTS box (num INTEGER PRIMARY KEY, address BLOB NOT NULL,"
                " incarnation BLOB NOT NULL, floor INTEGER NOT NULL, expiry_day INTEGER NOT NULL) STRICT"
            )
        return db
