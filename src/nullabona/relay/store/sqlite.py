"""Boxes in SQLite: WAL, synchronous=FULL, one transaction per batch (docs/decisions/0003-relay-storage.md).

Frames are keyed by a box's random number and the frame's place in the box, so nothing counts arrivals across boxes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final

from nullabona.errors import UserError
from nullabona.machine.gaps import MOST_PAGES
from nullabona.machine.opening import is_of_the_file, opening
from nullabona.machine.queries import named_queries
from nullabona.machine.scrubbing import SETTINGS, Scrubber
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS, Batch, Row, StoredBox
from nullabona.relay.store import rewriting
from nullabona.relay.store.interface import StoreFailed, StoreGone

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
        self._gate = threading.RLock()
        """Held while somebody reads, and while another file takes the place of the one that is read."""
        with opening(self._path):
            rewriting.tidy(self._path)
            self._attach()
        self.heavy = False
        self._logged = True
        """Something was written since the log was last blank."""
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
            return _take(rows, limit, max_bytes)

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
        self.heavy = self._scrubber.is_heavy()
        self.check()

    def lighten(self) -> None:
        with self._scrubbing():
            self._scrubber.begin_log_anew(self._write)
        self.heavy = False

    def expire(self, day: int) -> Iterable[None]:
        last = -1
        while nums := self._some_boxes(last):
            self._expire_between(nums[0], nums[-1], day)
            last = nums[-1]
            yield

    def scrub(self) -> None:
        """As `Scrubber.scrub`: if a reader was in the way, the next scrub does it."""
        if self._logged:
            with self._scrubbing():
                self._logged = not self._scrubber.scrub(self._write)

    def rewrite(self) -> Iterable[None]:
        """What was there before is overwritten step by step. Not done if there is no room for a second file.

        Nor while another process has the database open: that one would read what is being overwritten.
        """
        self._logged = True
        with self._scrubbing():
            rewriting.write_anew(self._write, self._path)
        self.scrub()
        with self._gate, self._scrubbing():
            self._change_over()
        yield
        with self._scrubbing():
            yield from rewriting.erase_former(self._path)

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

    def _attach(self) -> None:
        """Open the file that stands there now."""
        self._write = self._open()
        self._read = self._open()
        self._read.execute("PRAGMA query_only = ON")
        self._scrubber = Scrubber(self._path, self._write, VERSION)
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
        """Go on with the new file, or without it as before if that cannot be."""
        self._read.close()
        try:
            # Also says whether anybody else has it open; puts the log away, of which nothing is left but a blank.
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

    @contextmanager
    def _scrubbing(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._recover()
            raise StoreFailed("the box store could not be scrubbed") from error

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
        """If a change of files failed half way, for want of room say: the next call finds the store open."""
        with self._gate, suppress(sqlite3.Error, OSError, NotOurs):
            if not self._attached and not self._closed:
                self._detach()
                self._attach()

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
        for setting in SETTINGS:
            db.execute(f"PRAGMA {setting}").fetchone()
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
