"""Erased is erased, nothing is a clock, nothing undeclared is kept (spec/relay.md §6)."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.machine.lock import FolderInUse, FolderLock
from nullabona.machine.wal import Log
from nullabona.relay.store import schema
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.messages import Appended, Done, PutBlob
from tests.relay.peers import Box, Client, RunningRelay

PAGE = 8_192


def everything(directory: Path) -> bytes:
    """Every byte of every file."""
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


def fill(client: Client, box: Box, mark: bytes, sizes: tuple[int, ...]) -> int:
    """Append frames that all contain ``mark``; how many."""
    requests = [box.append(mark + os.urandom(size - len(mark))) for size in sizes]
    for number in client.start(*requests):
        answer = client.result(number)
        assert isinstance(answer, Appended), answer
    return len(sizes)


SIZES = (512, 1_024, 2_048, 4_096, 16_384, 65_536) * 4
MARK = b"planted-by-the-test"


def test_trim_leaves_no_byte(relay: RunningRelay, client: Client) -> None:
    """After a trim and a few seconds the erased frames are in no file, free pages and logs included; others stay."""
    boxes = [Box() for _ in range(8)]
    for _ in range(3):
        for box in boxes:
            fill(client, box, MARK, SIZES)
    keep = Box()
    fill(client, keep, b"kept-by-the-test", SIZES)
    assert MARK in everything(relay.data)
    for box in boxes:
        assert Done() == client.ask(box.trim(2**53))
    relay.tick(seconds=5)
    relay.settle()
    found = everything(relay.data)
    assert MARK not in found
    assert b"kept-by-the-test" in found


@pytest.mark.parametrize("_again", range(6))
def test_partly_trimmed_boxes_keep_no_stale_copy(relay: RunningRelay, client: Client, _again: int) -> None:
    """Frames erased from the middle of full pages leave no copy behind, where pages were split and moved."""
    boxes = [Box() for _ in range(20)]
    for turn in range(12):
        for box in boxes:
            fill(client, box, MARK if turn < 6 else b"later", (512, 700, 1_024))
    for box in boxes:
        client.ask(box.trim(18))
    relay.tick(seconds=5)
    relay.settle()
    assert MARK not in everything(relay.data)


def test_expiry_leaves_no_byte(relay: RunningRelay, client: Client) -> None:
    """The day after their last day frames and blobs are in no file, and neither is the box."""
    box = Box()
    fill(client, box, MARK, SIZES)
    data = MARK + os.urandom(5_000)
    client.ask(PutBlob(sha256(data).digest(), data))
    relay.tick(days=30)
    relay.settle()
    assert 2 <= everything(relay.data).count(MARK)
    assert bytes(box.secrets.address) in everything(relay.data)
    relay.tick(days=1)
    relay.settle()
    relay.tick(seconds=5)
    relay.settle()
    found = everything(relay.data)
    assert MARK not in found
    assert bytes(box.secrets.address) not in found
    assert [] == [path.name for path in (relay.data / "blobs").iterdir() if path.name != "incoming"]


def test_the_log_of_arrivals_is_short_lived(relay: RunningRelay, client: Client) -> None:
    """A few seconds after the last append the write-ahead log says nothing any more, although nothing was erased."""
    log = Log(relay.data / "boxes.db-wal", PAGE)
    fill(client, Box(), MARK, SIZES)
    assert {1} < set(log.pages())
    relay.tick(seconds=5)
    relay.settle()
    assert [1] == list(log.pages())
    log.close()


def test_frames_lie_at_random_places(relay: RunningRelay, client: Client) -> None:
    """The order of ids says nothing about the order in which boxes began."""
    boxes = [Box() for _ in range(40)]
    for box in boxes:
        client.append(box, box.secrets.address + b"frame")
    relay.stop()
    with sqlite3.connect(relay.data / "boxes.db") as db:
        bodies = [body[:32] for (body,) in db.execute("SELECT body FROM frame ORDER BY id")]
    db.close()
    assert [box.secrets.address for box in boxes] != bodies
    assert sorted(box.secrets.address for box in boxes) == sorted(bodies)


def test_the_nightly_rewrite_orders_pages_by_id(relay: RunningRelay, client: Client) -> None:
    """After a day change the pages of the file are in the order of ids, not of arrival."""
    boxes = [Box() for _ in range(30)]
    for _ in range(10):
        for box in boxes:
            client.append(box, box.secrets.address + bytes(1_500))
    relay.tick(days=1)
    relay.settle()
    relay.stop()
    found = (relay.data / "boxes.db").read_bytes()
    places = {box.secrets.address: [m.start() for m in re.finditer(re.escape(box.secrets.address), found)][-10:]
              for box in boxes}  # fmt: skip
    with sqlite3.connect(relay.data / "boxes.db") as db:
        ordered = [body[:32] for (body,) in db.execute("SELECT body FROM frame WHERE id & 8388607 = 1 ORDER BY id")]
    db.close()
    assert ordered == sorted(places, key=lambda address: min(page(place) for place in places[address]))


def page(place: int) -> int:
    return place // PAGE * PAGE


def test_blob_files_carry_no_clock(relay: RunningRelay, client: Client) -> None:
    """Every blob file and folder has the same modification time, whenever it was written."""
    for turn in range(3):
        data = os.urandom(100 + turn)
        client.ask(PutBlob(sha256(data).digest(), data))
    paths = [relay.data / "blobs", *(relay.data / "blobs").rglob("*")]
    assert {0.0} == {path.stat().st_mtime for path in paths}
    assert 3 == sum(path.is_file() for path in paths)


def test_change_times_are_blurred_daily(tmp_path: Path) -> None:
    """Change times cannot be set, but a daily pass makes them later than the last write of any chunk."""
    blobs = FileBlobStore(tmp_path)
    blobs.put(sha256(b"1").digest(), b"1", 5)
    blobs.put(sha256(b"2").digest(), b"2", 5)
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    last = max(path.stat().st_ctime_ns for path in files)
    blobs.blur()
    assert last <= min(path.stat().st_ctime_ns for path in files)


def test_leftovers_of_a_crash_are_erased_at_start(tmp_path: Path) -> None:
    """A chunk that was being written when the relay died is gone after the next start."""
    FileBlobStore(tmp_path)
    (tmp_path / "blobs" / "incoming" / "half").write_bytes(MARK)
    FileBlobStore(tmp_path)
    assert MARK not in everything(tmp_path)


def test_the_database_is_what_was_declared(relay: RunningRelay) -> None:
    """Every column of the database is declared, and every declared column exists."""
    relay.stop()
    with sqlite3.connect(relay.data / "boxes.db") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        real = {(table, row[1]) for table in tables for row in db.execute(f"PRAGMA table_info({table})")}
    db.close()
    assert {(column.table, column.name) for column in schema.COLUMNS} == real
    for column in schema.COLUMNS:
        assert all((column.purpose, column.retention, column.legal_class))


def test_the_directory_is_what_was_declared(relay: RunningRelay, client: Client) -> None:
    """Every file in the data directory is of a declared kind, while running and after."""
    fill(client, Box(), MARK, SIZES)
    data = os.urandom(100)
    client.ask(PutBlob(sha256(data).digest(), data))
    patterns = [pattern_of(file.pattern) for file in schema.FILES]
    for _ in range(2):
        names = [str(path.relative_to(relay.data)) for path in relay.data.rglob("*") if path.is_file()]
        assert [] == [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]
        relay.stop()


def pattern_of(declared: str) -> str:
    for words, meaning in {"<expiry day>": r"\d+", "<2 hex>": "[0-9a-f]{2}", "<62 hex>": "[0-9a-f]{62}",
                           "<hex>": "[0-9a-f]+"}.items():  # fmt: skip
        declared = declared.replace(words, meaning)
    return declared


def test_nobody_else_may_read_the_directory(relay: RunningRelay, client: Client, box: Box) -> None:
    """Blobs and lock are readable by the relay's own user only."""
    data = os.urandom(100)
    client.ask(PutBlob(sha256(data).digest(), data))
    assert 0o700 == relay.data.stat().st_mode & 0o777
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (relay.data / "blobs").rglob("*") if path.is_file()}


def test_one_process_per_directory(tmp_path: Path) -> None:
    """A directory that is in use is refused, and free again when let go."""
    with closing(FolderLock(tmp_path)), pytest.raises(FolderInUse):
        FolderLock(tmp_path)
    FolderLock(tmp_path).close()


def test_two_relays_never_share_a_directory(run: Callable[..., RunningRelay]) -> None:
    """The second relay refuses to start, and the first goes on."""
    first = run()
    with pytest.raises(FolderInUse):
        run()
    assert 1 == first.client().append(Box(), b"frame").seq
