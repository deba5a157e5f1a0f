"""The write-ahead log keeps its size, says nothing after a scrub, and no crash in between loses or revives anything."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nullabona.machine import erasing, scrubbing
from nullabona.machine import wal as log
from nullabona.machine.wal import Log
from nullabona.relay.core.boxes import SEQ_BITS, Batch
from nullabona.relay.store.sqlite import SqliteBoxStore

PAGE = 8_192
HEADER = 32 + 24 + PAGE
FILES = ("boxes.db", "boxes.db-wal")
Rows = dict[int, bytes]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteBoxStore]:
    made = SqliteBoxStore(tmp_path)
    yield made
    made.close()


class Life:
    """Batches for a few boxes; ``rows`` is what the store must hold after those that were made so far."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._nums = [self._dice.getrandbits(40) for _ in range(5)]
        self._next = dict.fromkeys(self._nums, 1)
        self.rows: Rows = {}

    def append(self, frames: int, boxes: int = 5) -> Batch:
        """So many frames into each of so many boxes."""
        batch = Batch()
        for num in self._nums[:boxes]:
            for _ in range(frames):
                id, body = num << SEQ_BITS | self._next[num], self._dice.randbytes(self._dice.choice((300, 1_024)))
                batch.frames.append((id, 20_000, body))
                self._next[num] += 1
                self.rows[id] = body
        return batch

    def trim(self) -> Batch:
        """One box, but for its newest frames."""
        num = self._dice.choice(self._nums)
        upto = self._next[num] - 1 - self._dice.randrange(5)
        last = num << SEQ_BITS | max(upto, 0)
        self.rows = {id: body for id, body in self.rows.items() if not num << SEQ_BITS <= id <= last}
        return Batch(trims=[(num, max(upto, 0), self._next[num])])


def after_a_crash(data: Path, place: Path) -> Rows:
    """What SQLite finds in a copy of the files as they are at this moment, as a process that died leaves them."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in FILES:
        shutil.copy(data / name, place / name)
    with closing(sqlite3.connect(place / FILES[0])) as db:
        db.execute("PRAGMA synchronous = OFF")
        assert [("ok",)] == db.execute("PRAGMA integrity_check").fetchall()
        return dict(db.execute("SELECT id, body FROM frame"))


def test_after_a_scrub_it_says_nothing_and_keeps_its_size(store: SqliteBoxStore, tmp_path: Path) -> None:
    """One page is in it, the first, in which no frame is; behind that are zeros, as many as there was log."""
    wal = tmp_path / FILES[1]
    life = Life(1)
    store.commit(life.append(40))
    before = wal.stat().st_size
    assert before > 10 * PAGE
    store.scrub()
    held = wal.read_bytes()
    assert before == len(held)
    assert 1 == int.from_bytes(held[32:36], "big")
    assert not any(held[HEADER:])
    store.commit(Batch(frames=[(1, 20_000, b"after")]))
    assert before == wal.stat().st_size
    with closing(Log(wal, PAGE)) as log:
        assert {1} < set(log.pages())


def test_nothing_to_do_is_nothing_done(store: SqliteBoxStore, tmp_path: Path) -> None:
    store.commit(Life(2).append(3))
    store.scrub()
    before = [(tmp_path / name).read_bytes() for name in FILES]
    store.scrub()
    assert before == [(tmp_path / name).read_bytes() for name in FILES]


def test_beyond_its_most_it_begins_anew_and_is_cut(
    store: SqliteBoxStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that has grown beyond what is kept goes into the file at once; it never stays larger than that."""
    most = 400_000
    monkeypatch.setattr(log, "KEPT_BYTES", most)
    monkeypatch.setattr(scrubbing, "KEPT_BYTES", most)
    life = Life(3)
    wal = tmp_path / FILES[1]
    begun = set()
    for turn in range(30):
        store.commit(life.append(12))
        store.commit(life.trim())
        if store.heavy:
            store.lighten()
        with closing(Log(wal, PAGE)) as looked:
            begun.add(looked.salts())
        assert wal.stat().st_size <= most
        if turn % 10 == 0:
            assert life.rows == after_a_crash(tmp_path, tmp_path / "copy")
    assert len(begun) > 3
    store.scrub()
    assert not any(wal.read_bytes()[HEADER:])
    assert life.rows == after_a_crash(tmp_path, tmp_path / "copy")


class Watched(sqlite3.Connection):
    """Calls ``look`` before and after each statement that it runs."""

    look: Callable[[], None] = staticmethod(lambda: None)

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        Watched.look()
        try:
            return super().execute(sql, *rest)
        finally:
            Watched.look()


@pytest.mark.parametrize("seed", range(4))
def test_a_crash_between_any_two_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """At every statement and every write of a scrub, what a dead process leaves holds just what was kept."""
    data, copy = tmp_path / "data", tmp_path / "copy"
    data.mkdir()
    life, looks = Life(seed), 0
    # Small pieces, so that a crash also comes in the middle of overwriting.
    monkeypatch.setattr(erasing, "_ZEROS", bytes(50_000))
    store = SqliteBoxStore(data, Watched)

    def look() -> None:
        nonlocal looks
        looks += 1
        assert life.rows == after_a_crash(data, copy)

    def watched(name: str) -> None:
        real = getattr(os, name)

        def call(*given: Any) -> Any:  # noqa: ANN401 - whatever the call takes and gives
            monkeypatch.setattr(os, name, real)
            look()
            found = real(*given)
            look()
            monkeypatch.setattr(os, name, call)
            return found

        monkeypatch.setattr(os, name, call)

    for _ in range(3):
        # One page, so that the log's first frame alone would pass for a whole transaction.
        store.commit(life.append(1, boxes=1))
        for _ in range(4):
            store.commit(life.append(8))
            store.commit(life.trim())
        with monkeypatch.context() as patched:
            patched.setattr(Watched, "look", staticmethod(look))
            for name in ("pwrite", "fdatasync", "truncate"):
                watched(name)
            store.scrub()
        monkeypatch.undo()
        monkeypatch.setattr(erasing, "_ZEROS", bytes(50_000))
    store.close()
    assert looks > 30
