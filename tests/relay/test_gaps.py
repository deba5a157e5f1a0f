"""What SQLite leaves between the cells of a page when rows move is overwritten, and nothing else is."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets

from nullabona.machine.gaps import overwrite_gaps
from nullabona.machine.wal import Log
from nullabona.relay.core.boxes import SEQ_BITS, Batch
from nullabona.relay.store.sqlite import SqliteBoxStore

PAGE = 8_192
SMALL = 512
MARK = b"planted-by-the-test"
SEEDS = range(40)


def moved_about(path: Path, seed: int) -> sqlite3.Connection:
    """A table whose marked rows were inserted in the middle of full pages, and then deleted; checkpointed."""
    dice = random.Random(seed)
    db = sqlite3.connect(path, isolation_level=None)
    for setting in (
        f"page_size = {PAGE}",
        "journal_mode = WAL",
        "synchronous = OFF",
        "secure_delete = ON",
        "wal_autocheckpoint = 0",
    ):
        db.execute(f"PRAGMA {setting}").fetchone()
    db.execute("CREATE TABLE frame (id INTEGER PRIMARY KEY, body BLOB)")
    for turn in range(60):
        rows = [(dice.randrange(1 << 40), dice.randbytes(dice.choice((500, 700, 1_000)))) for _ in range(12)]
        marked = [(id, MARK + body) for id, body in rows] if turn < 30 else rows
        db.executemany("INSERT INTO frame VALUES (?, ?)", marked)
    db.execute("DELETE FROM frame WHERE substr(body, 1, ?) = ?", (len(MARK), MARK))
    db.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    return db


def test_copies_are_left_by_sqlite_and_overwritten_here(tmp_path: Path) -> None:
    """Of some seeds SQLite leaves copies; of none anything remains, and the table is as it was."""
    left = 0
    for seed in SEEDS:
        path = tmp_path / f"{seed}.db"
        with closing(moved_about(path, seed)) as db:
            before = db.execute("SELECT * FROM frame ORDER BY id").fetchall()
            left += MARK in path.read_bytes()
            fd = os.open(path, os.O_RDWR)
            with closing(Log(Path(f"{path}-wal"), PAGE)) as log:
                overwrite_gaps(fd, log.pages(), PAGE)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        os.close(fd)
        assert MARK not in path.read_bytes()
        with closing(sqlite3.connect(path)) as again:
            assert [("ok",)] == again.execute("PRAGMA integrity_check").fetchall()
            assert before == again.execute("SELECT * FROM frame ORDER BY id").fetchall()
    assert left > 0


@pytest.mark.parametrize("kind", [b"\x00", b"\x0d\x00\x00\x00\x01\xff\xff", b"\x05", b"\xff"])
def test_what_is_no_sane_tree_page_is_left_alone(tmp_path: Path, kind: bytes) -> None:
    """Overflow and free pages, and headers that make no sense."""
    page = kind + os.urandom(PAGE - len(kind))
    if kind == b"\x05":
        page = kind + b"\xff" * (PAGE - 1)
    path = tmp_path / "pages"
    path.write_bytes(page * 2)
    fd = os.open(path, os.O_RDWR)
    overwrite_gaps(fd, iter([0, 2, 3]), PAGE)
    os.close(fd)
    assert page * 2 == path.read_bytes()


@given(sets(integers(0, 200)))
def test_every_page_that_is_named_is_looked_at_and_no_other(pages: set[int]) -> None:
    """However they follow one another; page 0 is none, and what lies behind the end of the file is passed over."""
    empty_leaf = b"\x0d\x00\x00\x00\x00" + SMALL.to_bytes(2, "big") + b"\x00"
    dirty, clean = (empty_leaf + fill * (SMALL - len(empty_leaf)) for fill in (b"x", b"\x00"))
    head = bytes(100)
    fd = os.memfd_create("pages")
    os.write(fd, head + dirty[: SMALL - 100] + dirty * 149)
    try:
        there = {page for page in pages if 1 <= page <= 150}
        assert len(there) == overwrite_gaps(fd, iter(sorted(pages)), SMALL)
        first = head + (clean if 1 in pages else dirty)[: SMALL - 100]
        rest = [clean if page in pages else dirty for page in range(2, 151)]
        assert b"".join([first, *rest]) == os.pread(fd, 151 * SMALL, 0)
    finally:
        os.close(fd)


def test_a_reader_in_the_way_only_puts_it_off(tmp_path: Path) -> None:
    """While a reader holds an old state the log stays; the next scrub overwrites it."""
    store = SqliteBoxStore(tmp_path)
    log = Log(tmp_path / "boxes.db-wal", PAGE)
    with closing(sqlite3.connect(tmp_path / "boxes.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM frame").fetchone()
        store.commit(Batch(frames=[(1 << SEQ_BITS | 1, 20_000, MARK)]))
        store.scrub()
        assert {1} < set(log.pages())
        reader.execute("COMMIT")
    store.scrub()
    assert [1] == list(log.pages())
    log.close()
    store.close()
