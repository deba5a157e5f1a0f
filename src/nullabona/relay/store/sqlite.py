"""Boxes in SQLite: WAL, synchronous=FULL, one transaction per batch (docs/decisions/0003-relay-storage.md).

Frames are keyed by a box's random number and the frame's place in the box, so nothing counts arrivals across boxes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final

from nullabona.errors import UserError
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.queries import named_queries
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS, Batch, Row, StoredBox
from nullabona.relay.store.gaps import MOST_PAGES, overwrite_gaps
from nullabona.relay.store.interface import StoreFailed, StoreGone
from nullabona.relay.store.log import KEPT_BYTES, Log

APPLICATION_ID: Final = 0x4E756C42
VERSION: Final = 1
FILE_NAME: Final = "boxes.db"
BOXES_PER_STEP: Final = 500
"""Boxes that one expiry transaction looks at."""
_PAGE_SIZE: Final = 8_192


class NotOurs(UserError):
    """The file is not a relay's database of this version."""

    code = "data-version"
    default_hint = (
        "move boxes.db, boxes.db-wal, boxes.db-shm and blobs/ away and start again; clients put back what is missing. "
        "Never move record/ or cards.db: they are the directory's, and everybody sees when they are gone"
    )


_SQL: Final = named_queries("nullabona.relay.store")
TOGETHER: Final = 16
"""Frames that one statement keeps: what a statement costs is more than what a frame costs it."""
_KEEP_TOGETHER: Final = _SQL["keep_frame"].removesuffix(";") + ", (?, ?, ?)" * (TOGETHER - 1)


class SqliteBoxStore:
    """A `BoxStore` in ``directory``. The caller holds the directory's lock. Raises `NotOurs` or `PathUnusable`."""

    durable: ClassVar[bool] = True

    def __init__(self, directory: Path, connection_class: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self._path = directory / FILE_NAME
        self._class = connection_class
        os.environ["SQLITE_TMPDIR"] = str(directory)
        wal = directory / (FILE_NAME + "-wal")
        with opening(self._path):
            self._write = self._open()
            self._read = self._open()
            self._read.execute("PRAGMA query_only = ON")
            self._log = Log(wal, _PAGE_SIZE)
        self._paths = (self._path, wal)
        self._inodes = self._look()
        self.heavy = False
        self._logged = True
        """Something was written since the log was last blank."""
        self._begun = False
        """This process has begun the log: what SQLite counts in it is all that was written."""
        # Kept open: closing any descriptor of a file would drop the locks that SQLite holds on it (fcntl, POSIX).
        self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._closed = False

    def find(self, address: bytes, expiry_day: int) -> StoredBox | None:
        try:
            row = self._read.execute(_SQL["find_box"], (address,)).fetchone()
            return None if row is None else self._stored(*row, today=expiry_day)
        except sqlite3.Error as error:
            raise StoreFailed("the box store cannot be read") from error

    def is_taken(self, num: int) -> bool:
        try:
            return self._read.execute(_SQL["is_taken"], (num,)).fetchone() is not None
        except sqlite3.Error as error:
            raise StoreFailed("the box store cannot be read") from error

    def read(self, num: int, after: int, limit: int, max_bytes: int) -> tuple[Entry, ...]:
        base = num << SEQ_BITS
        try:
            with closing(self._read.execute(_SQL["read_frames"], (base + after + 1, base | LAST_SEQ))) as rows:
                return _take(rows, limit, max_bytes)
        except sqlite3.Error as error:
            raise StoreFailed("the box store cannot be read") from error

    def commit(self, batch: Batch) -> None:
        db = self._write
        self._logged = True
        try:
            db.execute("BEGIN IMMEDIATE")
            self._put(db, batch)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._recover()
            self.check()
            raise StoreFailed("the box store cannot be written") from error
        self.heavy = self._log.size() > KEPT_BYTES
        self.check()

    def lighten(self) -> None:
        self._begin_log_anew()
        self.heavy = False

    def expire(self, day: int) -> Iterable[None]:
        last = -1
        while nums := self._some_boxes(last):
            self._expire_between(nums[0], nums[-1], day)
            last = nums[-1]
            yield

    def scrub(self) -> None:
        """The log goes into the file, begins anew with one page that says nothing, and what was in it is overwritten.

        A crash in between leaves the log, and so does a reader in the way; then the next scrub does it again.
        """
        if self._logged and self._begin_log_anew():
            try:
                self._log.blank()
            except OSError as error:
                raise StoreFailed("the box store could not be scrubbed") from error
            self._logged = False

    def rewrite(self) -> None:
        self._logged = True
        self._run("VACUUM")
        self.scrub()

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
        self._write.close()
        os.close(self._file)
        self._log.close()

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
        try:
            if self._write.in_transaction:
                self._write.execute("ROLLBACK")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._write.close()
            with suppress(sqlite3.Error, NotOurs):
                self._write = self._open()

    def _put(self, db: sqlite3.Connection, batch: Batch) -> None:
        if batch.boxes:
            rows = [(box.num, box.address, box.incarnation, box.first, box.expiry_day) for box in batch.boxes]
            db.executemany(_SQL["make_box"], rows)
        if batch.renewed:
            db.executemany(_SQL["renew_box"], batch.renewed)
        for num, upto, next_seq in batch.trims:
            db.execute(_SQL["raise_floor"], (next_seq, num))
            db.execute(_SQL["trim_frames"], (num << SEQ_BITS, num << SEQ_BITS | upto))
        if batch.frames:
            _keep(db, sorted(batch.frames))

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

    def _expire_between(self, first: int, last: int, day: int) -> None:
        db = self._write
        self._logged = True
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_SQL["raise_floors"], (first, last))
            db.execute(_SQL["expire_frames"], (first << SEQ_BITS, last << SEQ_BITS | LAST_SEQ, day))
            db.execute(_SQL["expire_boxes"], (first, last, day))
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._recover()
            raise StoreFailed("frames past their day could not be erased") from error

    def _run(self, sql: str) -> list[tuple[int, ...]]:
        try:
            return self._write.execute(sql).fetchall()
        except sqlite3.Error as error:
            self._recover()
            raise StoreFailed("the box store could not be scrubbed") from error

    def _begin_log_anew(self) -> bool:
        """The log goes into the file, and its next round begins; False if a reader is in the way.

        Before the round ends, what moved rows left in gaps is overwritten. The new round has a page before anything
        else happens to the old one: rows of it that a crash left alone must not be taken for the log again.
        """
        busy, frames, _ = self._run("PRAGMA wal_checkpoint(FULL)")[0]
        if busy:
            return False
        self._log.soil(frames)
        try:
            overwrite_gaps(self._file, self._log.pages(frames if self._begun else None), _PAGE_SIZE)
            before = self._log.salts()
            if self._run("PRAGMA wal_checkpoint(RESTART)")[0][0]:
                return False
            self._run(f"PRAGMA user_version = {VERSION}")
            if self._log.salts() == before:
                return False
            self._log.cut()
        except OSError as error:
            raise StoreFailed("the box store could not be scrubbed") from error
        self._begun = True
        return True

    def _look(self) -> tuple[tuple[int, int], ...]:
        """Which files these are; nothing if one is not there."""
        try:
            found = [path.stat() for path in self._paths]
        except OSError:
            return ()
        return tuple((status.st_dev, status.st_ino) for status in found)


def _keep(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    rest = len(rows) % TOGETHER
    for at in range(0, len(rows) - rest, TOGETHER):
        db.execute(_KEEP_TOGETHER, tuple(chain.from_iterable(rows[at : at + TOGETHER])))
    db.executemany(_SQL["keep_frame"], rows[len(rows) - rest :])


def _take(rows: Iterable[Entry], limit: int, max_bytes: int) -> tuple[Entry, ...]:
    chosen: list[Entry] = []
    for entry in rows:
        max_bytes -= len(entry[1])
        if max_bytes < 0 and chosen:
            break
        chosen.append(entry)
        if len(chosen) == limit:
            break
    return tuple(chosen)


def _prepare(db: sqlite3.Connection) -> None:
    try:
        db.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON").fetchone()
        db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()  # a checkpoint of its own would lose what to scrub
        db.execute(f"PRAGMA max_page_count = {MOST_PAGES}").fetchone()
        db.execute("PRAGMA cache_size = -32768")
        _create_or_check(db)
    except sqlite3.DatabaseError as error:
        if is_of_the_file(error):
            raise
        raise NotOurs("the box store cannot be opened") from error


def _create_or_check(db: sqlite3.Connection) -> None:
    application_id = db.execute("PRAGMA application_id").fetchone()[0]
    if application_id == 0 and not db.execute(_SQL["tables"]).fetchall():
        schema = Path(__file__).with_name("schema.sql").read_text("utf-8")
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        db.executescript(f"BEGIN IMMEDIATE; {marks} {schema} COMMIT;")
        return
    if (application_id, db.execute("PRAGMA user_version").fetchone()[0]) != (APPLICATION_ID, VERSION):
        raise NotOurs("the data directory holds another program's or another version's database")
