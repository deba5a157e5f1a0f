"""Boxes in SQLite: WAL, synchronous=FULL, one transaction per batch (docs/decisions/0003-relay-storage.md).

A frame's key is its box's random number and its seq in the box, so nothing counts arrivals across boxes. Erased frames
are overwritten in every file (docs/decisions/0036-erasing-and-full-disks.md). A file of ballast keeps room for that on
a full disk.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from errno import ENOSPC
from pathlib import Path
from typing import ClassVar, Final

from nullabona.errors import UserError
from nullabona.machine.failures import name_of
from nullabona.machine.gaps import MOST_PAGES
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.scrubbing import SETTINGS, Scrubber
from nullabona.machine.tables import Tables
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS, Batch, StoredBox
from nullabona.relay.core.space import Disk
from nullabona.relay.store import rewriting
from nullabona.relay.store.ballast import Ballast, free_in, is_full
from nullabona.relay.store.interface import StoreFailed, StoreGone
from nullabona.relay.store.statements import SQL as _SQL
from nullabona.relay.store.statements import Trim, keep, piece_end, take

FILE_NAME: Final = "boxes.db"
BOXES_PER_STEP: Final = 500
"""Boxes that one expiry transaction looks at."""
STEP_BYTES: Final = 2**20
"""About how many bytes of frames one transaction erases: its log must fit on a disk that is nearly full."""
_PAGE_SIZE: Final = 8_192


class NotOurs(UserError):
    """The file is not a relay's database."""

    code = "relay-data-version"
    default_hint = (
        "move boxes.db, boxes.db-wal, boxes.db-shm and blobs/ away and start again; clients put back what is missing. "
        "Never move record/ or cards.db: they are the directory's, and everybody sees when they are gone"
    )


_TABLES: Final = Tables("nullabona.relay.store", 0x4E756C42, NotOurs)
_UNERASED: Final = "frames past their day could not be erased"
_UNSCRUBBED: Final = "the box store could not be scrubbed"


class SqliteBoxStore:
    """A `BoxStore` in ``directory``; the methods' contracts are there. The caller holds the directory's lock.

    Making it opens the database, or creates it, and raises `NotOurs` or `PathUnusable`.
    """

    durable: ClassVar[bool] = True

    def __init__(self, directory: Path, connection_class: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self._path = directory / FILE_NAME
        self._class = connection_class
        os.environ["SQLITE_TMPDIR"] = str(directory)
        self._gate = threading.RLock()
        """Held during each read, and while a rewritten file takes the place of the one that is read."""
        self._ballast = Ballast(directory)
        with opening(self._path):
            self._ballast.make_room()
            rewriting.tidy(self._path)
            self._attach()
        self.heavy = False
        self._logged = True
        """Whether anything was written since the log was last overwritten."""
        self._closed = False

    def find(self, address: bytes, expiry_day: int) -> StoredBox | None:
        with self._gate, self._reading():
            row = self._read.execute(_SQL["find_box"], (address,)).fetchone()
            return None if row is None else self._stored(*row, today=expiry_day)

    def is_taken(self, num: int) -> bool:
        with self._gate, self._reading():
            return self._read.execute(_SQL["is_taken"], (num,)).fetchone() is not None

    def read(self, num: int, after: int, limit: int, max_bytes: int) -> tuple[Entry, ...]:
        base = num << SEQ_BITS
        span = base + after + 1, base | LAST_SEQ
        with self._gate, self._reading(), closing(self._read.execute(_SQL["read_frames"], span)) as rows:
            return take(rows, limit, max_bytes)

    def commit(self, batch: Batch) -> None:
        try:
            self._commit(batch)
        except StoreFailed as error:
            self.check()
            if batch.frames or not is_full(error):
                raise
            self._commit(batch)  # a batch that only makes room now fits into what the ballast gave back
        self.heavy = self._scrubber.is_heavy()
        self.check()

    def lighten(self) -> None:
        with self._writing(_UNSCRUBBED):
            self._scrubber.begin_log_anew(self._write)
        self.heavy = False

    def expire(self, day: int) -> Iterable[None]:
        last = -1
        while nums := self._some_boxes(last):
            yield from self._expire_between(nums[0], nums[-1], day)
            last = nums[-1]

    def scrub(self) -> None:
        """Overwrite erased frames in the log (the next call does if a reader blocks it). Let the ballast grow again."""
        self._attach_again()
        disk = self.disk()
        if disk is not None:
            self._ballast.hold(disk.free // 3, disk.room)
        if self._logged:
            with self._writing(_UNSCRUBBED):
                self._logged = not self._scrubber.scrub(self._write)

    def rewrite(self) -> Iterable[None]:
        """Rewrite to a second file, which takes the first one's place; the first is then overwritten step by step.

        Raises `StoreFailed`, and changes nothing, if there is no room for a second file or another process has the
        database open: that process would read what is being overwritten.
        """
        self._logged = True
        self._find_room()
        with self._writing(_UNSCRUBBED):
            rewriting.write_anew(self._write, self._path)
        self.scrub()
        with self._gate, self._writing(_UNSCRUBBED):
            self._change_over()
        yield
        with self._writing(_UNSCRUBBED):
            yield from rewriting.erase_former(self._path)

    def disk(self) -> Disk | None:
        try:
            with self._gate:
                size, pages, free = self._read.execute(_SQL["pages"]).fetchone()
            disk = os.statvfs(self._path.parent)
        except (sqlite3.Error, OSError):
            return None
        return Disk(disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize, (pages - free) * size, free * size)

    def check(self) -> None:
        if self._look() != self._inodes:
            raise StoreGone("the relay's files were removed or replaced while it was running")

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._read.close()
        with suppress(StoreFailed):
            self.scrub()
        self._detach()
        with suppress(OSError):
            self._ballast.hold(free_in(self._path.parent), 0)

    def _find_room(self) -> None:
        """Make sure that a second file fits, by giving back the ballast if need be. Raises `StoreFailed`."""
        disk = self.disk()
        if disk is None or disk.free > (disk.rows or 0) + rewriting.SPARE:
            return
        with suppress(OSError):
            if disk.free + self._ballast.size() > (disk.rows or 0) + rewriting.SPARE and self._ballast.give_back():
                return
        raise StoreFailed("there is no room to rewrite the database") from OSError(ENOSPC, "")

    def _attach(self) -> None:
        """Open a writer and a reader of the file that has the store's name now."""
        self._write = self._open()
        self._read = self._open()
        self._read.execute("PRAGMA query_only = ON")
        self._scrubber = Scrubber(self._path, self._write, _TABLES.newest())
        self._paths = (self._path, self._path.with_name(FILE_NAME + "-wal"))
        self._inodes = self._look()
        self._attached = True

    def _detach(self) -> None:
        self._attached = False
        self._read.close()
        self._write.close()
        with suppress(OSError):
            self._scrubber.close()

    def _change_over(self) -> None:
        """Continue with the rewritten file, or with the present one if the change fails."""
        self._read.close()
        try:
            # This fails if another process has the file open. It removes the log, which holds only a blank page by now.
            self._write.execute("PRAGMA journal_mode = DELETE").fetchone()
            self._detach()
            rewriting.put_in_place(self._path)
        finally:
            self._detach()
            self._attach()
            rewriting.give_up(self._path)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._attach_again()
            raise StoreFailed("the box store cannot be read") from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, factory=self._class, timeout=1.0
        )
        try:
            _prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _recover(self) -> None:
        self._attach_again()
        try:
            if self._write.in_transaction:
                self._write.execute("ROLLBACK")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._write.close()
            with suppress(sqlite3.Error, NotOurs):
                self._write = self._open()

    def _attach_again(self) -> None:
        """Open the store again if a change of files failed half way, for lack of room for example."""
        with self._gate, suppress(sqlite3.Error, OSError, NotOurs):
            if not self._attached and not self._closed:
                self._detach()
                self._attach()

    def _put(self, batch: Batch, trims: Iterable[Trim]) -> None:
        db = self._write
        if batch.boxes:
            rows = [(box.num, box.address, box.incarnation, box.first, box.expiry_day) for box in batch.boxes]
            db.executemany(_SQL["make_box"], rows)
        if batch.renewed:
            db.executemany(_SQL["renew_box"], batch.renewed)
        self._erase(trims)
        if batch.frames:
            keep(db, sorted(batch.frames))

    def _stored(self, num: int, incarnation: bytes, floor: int, expiry_day: int, *, today: int) -> StoredBox:
        span = (num << SEQ_BITS, num << SEQ_BITS | LAST_SEQ)
        last = self._read.execute(_SQL["last_frame"], span).fetchone()
        next_seq = floor if last is None else max(floor, (last[0] & LAST_SEQ) + 1)
        sizes = []
        with closing(self._read.execute(_SQL["newest_first"], span)) as rows:
            for day, size in rows:
                if day != today:
                    break
                sizes.append(size)
        return StoredBox(num, incarnation, next_seq, expiry_day, len(sizes), sum(sizes))

    def _some_boxes(self, after: int) -> list[int]:
        try:
            return [num for (num,) in self._write.execute(_SQL["some_boxes"], (after, BOXES_PER_STEP)).fetchall()]
        except sqlite3.Error as error:
            raise StoreFailed("the box store cannot be read") from error

    def _commit(self, batch: Batch) -> None:
        self._logged = True
        try:
            trims = self._trim_by_pieces(batch.trims) if batch.trims else ()
            self._write.execute("BEGIN IMMEDIATE")
            self._put(batch, trims)
            self._write.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            raise StoreFailed("the box store cannot be written") from error

    def _trim_by_pieces(self, trims: Iterable[tuple[int, int, int]]) -> list[Trim]:
        """Erase in transactions of `STEP_BYTES`, and return the last trims, which fit into the caller's transaction.

        If the rest fails, what was erased stays erased, and its seqs are not given out again.
        """
        waiting: list[Trim] = []
        left = STEP_BYTES
        for num, upto, next_seq in trims:
            first, last = num << SEQ_BITS, num << SEQ_BITS | upto
            end, left = piece_end(self._write, "sizes", (first, last), left)
            while end is not None:
                with self._transaction():
                    self._erase([*waiting, (num, first, end, next_seq)])
                self._relieve()
                waiting = []
                end, left = piece_end(self._write, "sizes", (first, last), STEP_BYTES)
            waiting.append((num, first, last, next_seq))
        return waiting

    def _erase(self, trims: Iterable[Trim]) -> None:
        for num, first, last, next_seq in trims:
            self._write.execute(_SQL["raise_floor"], (next_seq, num))
            self._write.execute(_SQL["trim_frames"], (first, last))

    def _expire_between(self, first: int, last: int, day: int) -> Iterator[None]:
        """Erase the expired frames and boxes of the boxes from ``first`` to ``last``, one piece per step."""
        span = first << SEQ_BITS, last << SEQ_BITS | LAST_SEQ
        db = self._write
        self._logged = more = True
        with self._writing(_UNERASED), self._transaction():
            db.execute(_SQL["raise_floors"], (first, last))
        while more:
            with self._writing(_UNERASED):
                end, _ = piece_end(db, "expired", (*span, day), STEP_BYTES)
                with self._transaction():
                    db.execute(_SQL["expire_frames"], (span[0], span[1] if end is None else end, day))
                    if not (more := end is not None):
                        db.execute(_SQL["expire_boxes"], (first, last, day))
                self._relieve()
            yield

    def _relieve(self) -> None:
        """Restart the log if it has outgrown its limit."""
        if self._scrubber.is_heavy():
            self._scrubber.begin_log_anew(self._write)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._write.execute("BEGIN IMMEDIATE")
        yield
        self._write.execute("COMMIT")

    @contextmanager
    def _writing(self, failure: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            raise StoreFailed(failure) from error

    def _failed(self, error: Exception) -> None:
        """Make the store usable again. If the disk is full, give back the ballast and restart the log."""
        self._recover()
        with suppress(sqlite3.Error, OSError):
            self._scrubber.failed()
            if is_full(error):
                self._ballast.give_back()
                self._scrubber.begin_log_anew(self._write)

    def _look(self) -> tuple[tuple[int, int], ...]:
        """The identities of the open files; empty if one of them is missing."""
        try:
            found = [path.stat() for path in self._paths]
        except OSError:
            return ()
        return tuple((status.st_dev, status.st_ino) for status in found)


def _prepare(db: sqlite3.Connection) -> None:
    try:
        _TABLES.version_of(db)  # before a foreign file is changed
        db.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        for setting in SETTINGS:
            db.execute(f"PRAGMA {setting}").fetchone()
        db.execute(f"PRAGMA max_page_count = {MOST_PAGES}").fetchone()
        db.execute("PRAGMA cache_size = -32768")
        _TABLES.prepare(db)
    except sqlite3.DatabaseError as error:
        if is_of_the_file(error):
            raise
        raise NotOurs(f"the box store cannot be opened: {name_of(error)}") from error
