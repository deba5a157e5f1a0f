"""What is kept back of a disk, how a day's room is shared out, and that erasing needs little (spec/relay.md §4.7)."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.relay.core.boxes import SEQ_BITS, Batch, NewBox
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.space import ENTRY_BYTES, SMALL, Disk, Space
from nullabona.relay.server import Stores
from nullabona.relay.shortage import SAID_AGAIN_S, Shortage
from nullabona.relay.store import sqlite
from nullabona.relay.store.ballast import Ballast, is_full
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.messages import Appended, Done, Frames, PutBlob, Refusal
from tests.relay.peers import Box, RunningRelay, Wire

GIB = 2**30
LIMITS = Limits(frame_bytes_per_day=80 * 2**20)
FULL = Refusal("busy", 60)
TOMORROW = Refusal("day-quota", 3_600)


@pytest.mark.parametrize(
    ("disk", "room"),
    [
        pytest.param(Disk(100 * GIB, 5 * GIB + 1, 0), 1, id="a-twentieth"),
        pytest.param(Disk(100 * GIB, 5 * GIB, 0), 0, id="a-twentieth-is-left"),
        pytest.param(Disk(100 * GIB, 31 * GIB, 30 * GIB), GIB, id="the-rows-once-more"),
        pytest.param(Disk(100 * GIB, 10 * GIB, 20 * GIB, 12 * GIB), 2 * GIB, id="room-inside-counts"),
        pytest.param(Disk(80 * GIB, 2 * GIB, GIB, 50 * GIB), 0, id="but-not-alone"),
        pytest.param(Disk(10_000 * GIB, 17 * GIB, GIB), GIB, id="never-more-than-16-GiB"),
    ],
)
def test_what_is_kept_back(disk: Disk, room: int) -> None:
    """The larger of a twentieth and the rows once more; a fortieth has to be free outside of the database."""
    assert room == disk.room


def space_with(room: int, limits: Limits = LIMITS, rows: int | None = 0) -> Space:
    space = Space(limits)
    space.renew(Disk(100 * GIB, 5 * GIB + room, rows), 1, 0)
    return space


def test_a_frame_fits_to_the_byte() -> None:
    """What there is room for is taken, a byte more is not; small frames are measured by what they take, too."""
    space = space_with(GIB)
    space.renew(Disk(100 * GIB, 5 * GIB + 2 * (1_000 + ENTRY_BYTES), 0), 1, 0)
    budget = Budget(LIMITS)
    assert space.refuse_frame(1_000, budget) is None
    assert FULL == space.refuse_frame(1_001, budget)
    assert space.refuse_frame(1_000, budget) is None
    assert FULL == space.refuse_frame(0, budget)
    assert FULL == space.refuse_other(0)
    assert space.short


def test_what_is_under_way_is_counted() -> None:
    """Requests that wait for the disk have their place on it already."""
    space = space_with(GIB)
    space.renew(Disk(100 * GIB, 5 * GIB + 10_000, 0), 1, 10_000)
    assert space.short
    assert FULL == space.refuse_frame(1, Budget(LIMITS))


def test_one_connection_has_an_eighth_of_what_is_left() -> None:
    """Whoever takes all it can leaves seven eighths, and the next an eighth of those; both are told of tomorrow."""
    space = space_with(GIB)
    brought = []
    for _ in range(3):
        budget, count = Budget(LIMITS), 0
        while space.refuse_frame(65_024, budget) is None:
            space.kept(1, 65_024)
            count += 65_536
        assert TOMORROW == space.refuse_frame(65_024, budget)
        brought.append(count)
    left = LIMITS.frame_bytes_per_day
    for count in brought:
        assert left // 9 - 65_536 <= count <= left // 8
        left -= count


def test_the_last_eighth_is_for_small_frames() -> None:
    """However many connections somebody opens: what is left of the day takes messages still, and no large frames."""
    space = space_with(GIB)
    for _ in range(200):
        budget = Budget(LIMITS)
        while space.refuse_frame(65_024, budget) is None:
            space.kept(1, 65_024)
    budget = Budget(LIMITS)
    assert TOMORROW == space.refuse_frame(SMALL + 1, budget)
    assert space.refuse_frame(SMALL, budget) is None


def test_a_day_uses_a_part_of_the_room_and_trims_give_it_back() -> None:
    """Rows may grow by 12 % of the room that there was in the morning; what is trimmed may be brought again."""
    limits = Limits()
    space = space_with(GIB, limits)
    grown = GIB * 12 // 100
    space.renew(Disk(100 * GIB, 6 * GIB - grown, grown), 1, 0)
    assert TOMORROW == space.refuse_frame(1, Budget(limits))
    space.renew(Disk(100 * GIB, 6 * GIB - grown, 0, grown), 1, 0)
    assert space.refuse_frame(1, Budget(limits)) is None
    space.renew(Disk(100 * GIB, 6 * GIB - grown, grown), 2, 0)
    assert space.refuse_frame(1, Budget(limits)) is None


def test_a_budget_begins_anew_with_the_day() -> None:
    """A connection that stays open has its share every day."""
    space, budget = space_with(GIB), Budget(LIMITS)
    while space.refuse_frame(65_000, budget) is None:
        space.kept(1, 65_000)
    space.renew(Disk(100 * GIB, 6 * GIB, 0), 2, 0)
    assert space.refuse_frame(65_000, budget) is None


def test_without_a_disk_only_the_limit_counts() -> None:
    """A store that cannot say how full it is takes what a day takes; one in memory is not asked what rows grew by."""
    for disk in (None, Disk(100 * GIB, 6 * GIB, None)):
        space = Space(LIMITS)
        space.renew(disk, 1, 0)
        space.kept(1, LIMITS.frame_bytes_per_day - ENTRY_BYTES - 8 * (ENTRY_BYTES + 1))
        assert space.refuse_frame(1, Budget(LIMITS)) is None
        assert TOMORROW == space.refuse_frame(2, Budget(LIMITS))


def test_the_log_says_it_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """With the figures that are needed, and once that there is room again; nothing while there is."""
    caplog.set_level(logging.INFO, logger="nullabona.relay")
    space = Space(LIMITS)
    shortage = Shortage(space)
    shortage.look(1)
    space.renew(Disk(100 * GIB, GIB, 0), 1, 0)
    for now in (2, 3, 2 + SAID_AGAIN_S):
        shortage.look(now)
    space.renew(Disk(100 * GIB, 50 * GIB, 0), 1, 0)
    for now in (100, 101):
        shortage.look(now)
    said = "short of disk: 1024 MiB free, 5120 MiB are kept back to erase and to start; nothing new is kept"
    assert [said, said, "there is room again"] == [record.getMessage() for record in caplog.records]


# -- a relay on a disk that is short


class Short(SqliteBoxStore):
    """A store whose disk is said to be short."""

    short = False

    def disk(self) -> Disk | None:
        return Disk(100 * GIB, GIB, 0) if self.short else super().disk()


@pytest.fixture
def relay(run: Callable[..., RunningRelay], tmp_path: Path) -> RunningRelay:
    (tmp_path / "data").mkdir()
    return run(stores=Stores(Short(tmp_path / "data"), FileBlobStore(tmp_path / "data")))


def test_a_relay_that_is_short_of_disk_erases_and_answers(relay: RunningRelay) -> None:
    """Nothing new is kept, everybody reads and trims, health says what is the matter; then all goes on."""
    store, box, client = relay.relay._stores.boxes, Box(), relay.client()
    assert isinstance(store, Short)
    for frame in (b"one", b"two"):
        client.append(box, frame)
    data = os.urandom(100)
    store.short = True
    relay.tick(seconds=1)
    assert FULL == client.ask(box.append(b"three"))
    assert FULL == client.ask(PutBlob(sha256(data).digest(), data))
    assert Done() == client.ask(box.trim(1))
    assert ((2, b"two"),) == client.read(box).frames
    assert b"503" in health(relay)
    assert b"short of disk: nothing new is kept" in health(relay)
    relay.tick(days=31)
    relay.settle()
    assert Frames(b"", 0, ()) == client.read(box)
    store.short = False
    relay.tick(seconds=1)
    assert 1 == client.append(box, b"again").seq
    assert b"200" in health(relay)


def health(relay: RunningRelay) -> bytes:
    wire = Wire(relay.address)
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return wire.ends()


# -- erasing in pieces


def filled(store: SqliteBoxStore, frames: int, size: int) -> None:
    """Two boxes with so many frames each, of two days."""
    store.commit(Batch(boxes=[NewBox(num, bytes([num]) * 32, bytes(8), 200) for num in (1, 2)]))
    for num in (1, 2):
        rows = [(num << SEQ_BITS | seq, 100 + seq % 2, os.urandom(size)) for seq in range(1, frames + 1)]
        store.commit(Batch(frames=rows))
    store.scrub()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteBoxStore]:
    monkeypatch.setattr(sqlite, "STEP_BYTES", 50_000)
    made = SqliteBoxStore(tmp_path)
    yield made
    made.close()


def ids(path: Path) -> list[int]:
    with sqlite3.connect(path / "boxes.db") as db:
        found = [row[0] for row in db.execute("SELECT id FROM frame ORDER BY id")]
    db.close()
    return found


def test_a_large_trim_is_done_in_pieces(store: SqliteBoxStore, tmp_path: Path) -> None:
    """However much two trims erase, no transaction writes more than a piece; the rest stays, and the numbers too."""
    filled(store, 200, 2_000)
    begun = 0

    def seen(sql: str) -> None:
        nonlocal begun
        begun += sql.startswith("BEGIN")

    store._write.set_trace_callback(seen)
    store.commit(Batch(trims=[(1, 150, 201), (2, 199, 201)]))
    store._write.set_trace_callback(None)
    assert 150 * 2_000 + 199 * 2_000 <= begun * 50_000 <= 2 * (150 * 2_000 + 199 * 2_000)
    assert [*range(1 << SEQ_BITS | 151, (1 << SEQ_BITS) + 201), 2 << SEQ_BITS | 200] == ids(tmp_path)
    store.commit(Batch(trims=[(2, 200, 201)]))
    found = store.find(bytes([2]) * 32, 100)
    assert found is not None
    assert 201 == found.next_seq


def test_expiry_is_done_in_pieces(store: SqliteBoxStore, tmp_path: Path) -> None:
    """One step erases about a piece; in the end just what is past its day is gone, and the numbers go on."""
    filled(store, 200, 2_000)
    assert 8 <= len(list(store.expire(101)))
    assert [num << SEQ_BITS | seq for num in (1, 2) for seq in range(1, 201, 2)] == ids(tmp_path)
    list(store.expire(102))
    found = store.find(bytes([2]) * 32, 100)
    assert [] == ids(tmp_path)
    assert found is not None
    assert 201 == found.next_seq
    list(store.expire(201))
    assert store.find(bytes([2]) * 32, 100) is None


# -- ballast


def test_ballast_is_held_given_back_and_held_again(tmp_path: Path) -> None:
    """The whole of it where twice as much can be spared, the least wherever it fits; giving back nothing is no harm."""
    ballast = Ballast(tmp_path)
    ballast.hold(2**20 - 1, 0)
    assert 0 == ballast.size()
    ballast.hold(2**20, 0)
    assert 2**20 == ballast.size()
    ballast.hold(1 << 40, 1 << 40)
    size = ballast.size()
    assert 2**20 <= size <= 64 * 2**20
    ballast.hold(1 << 40, 0)
    assert [size, True, False, 0] == [ballast.size(), ballast.give_back(), ballast.give_back(), ballast.size()]
    ballast.hold(1 << 40, 2 * size)
    assert size == ballast.size()


def test_a_quota_of_ballast_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where room cannot be held, nothing half made is held."""

    def refused(*_: int) -> None:
        raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, "posix_fallocate", refused)
    ballast = Ballast(tmp_path)
    ballast.hold(1 << 40, 1 << 40)
    assert 0 == ballast.size()


def test_what_means_full() -> None:
    """No room on the disk or for this user, in the system's words and in SQLite's; and nothing else."""
    error = sqlite3.OperationalError("database or disk is full")
    assert not is_full(error)
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    failed = StoreFailed("the box store cannot be written")
    failed.__cause__ = error
    assert [True, True, True, False, False] == [
        is_full(each)
        for each in (
            failed,
            OSError(errno.ENOSPC, ""),
            OSError(errno.EDQUOT, ""),
            OSError(errno.EIO, ""),
            StoreFailed(""),
        )
    ]


def test_appends_are_answered_to_the_last_that_fits(run: Callable[..., RunningRelay]) -> None:
    """The limit of a day over the wire: what is within is kept, what is beyond is refused until tomorrow."""
    relay = run(limits=Limits(frame_bytes_per_day=2**20))
    client, other, box = relay.client(), relay.client(), Box()
    answers = [client.ask(box.append(bytes(30_000))) for _ in range(6)]
    assert [Appended] * 3 + [Refusal] * 3 == [type(answer) for answer in answers]
    assert TOMORROW == answers[-1]
    assert isinstance(other.ask(box.append(bytes(30_000))), Appended)
    relay.tick(days=1)
    relay.settle()
    assert isinstance(client.ask(box.append(bytes(30_000))), Appended)
