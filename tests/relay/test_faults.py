"""Disks that fail, files that vanish, processes that die: nothing acknowledged is lost, and the relay goes on."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nullabona.processes.servers import RelayProcess, delete_data
from nullabona.relay.core.boxes import StoredBox
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.server import Stores
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.interface import StoreFailed, StoreGone
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.sqlite import NotOurs, SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.messages import Append, Appended, Frames, Read, Refusal, Trim
from tests.relay.peers import Box, Client, Hangup, RunningRelay


class Faulty(sqlite3.Connection):
    """A connection whose n-th write fails, before it happens or after it happened."""

    countdown: ClassVar[int] = -1
    before: ClassVar[bool] = True
    writes: ClassVar[tuple[str, ...]] = (
        "BEGIN",
        "INSERT",
        "UPDATE",
        "DELETE",
        "COMMIT",
        "PRAGMA wal",
        "PRAGMA user",
        "VACUUM",
    )

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        return self._guard(sql, lambda: sqlite3.Connection.execute(self, sql, *rest))

    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        return self._guard(sql, lambda: sqlite3.Connection.executemany(self, sql, *rest))

    def _guard(self, sql: str, act: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        if not sql.startswith(self.writes):
            return act()
        Faulty.countdown -= 1
        if Faulty.countdown == 0 and not Faulty.before:
            act()
        if Faulty.countdown == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return act()


def serving(store: SqliteBoxStore) -> BoxService:
    """Boxes in ``store``, written on the running loop."""
    writer = InlineWriter(asyncio.get_running_loop())
    shelf = StoredShelf(store, writer, Limits(), rng=secrets.randbits, on_gone=lambda error: None)
    return BoxService(shelf, Limits(), Metrics(), rng=secrets.randbits)


async def scenario(store: SqliteBoxStore, boxes: list[Box]) -> dict[Box, dict[int, bytes]]:
    """Appends, reads and trims with repeats after `busy`, as a client would; what was acknowledged, by box."""
    service = serving(store)
    service.tick(1, 100)
    handlers = service.handlers()
    acked: dict[Box, dict[int, bytes]] = defaultdict(dict)
    for turn in range(4):
        frames = [(box, bytes([turn]) * 100 + os.urandom(8)) for box in boxes]
        answers = await asyncio.gather(*[handlers[Append](box.append(frame)) for box, frame in frames])
        for (box, frame), answer in zip(frames, answers, strict=True):
            if isinstance(answer, Appended):
                acked[box][answer.seq] = frame
            else:
                assert Refusal("busy", 1) == answer
    await handlers[Trim](boxes[0].trim(1))
    service.tick(10, 101)
    await service.stop()
    return acked


def audit(directory: Path, acked: dict[Box, dict[int, bytes]]) -> None:
    """Every acknowledged frame lies where it was said to lie, but for the trimmed one."""

    async def read(store: SqliteBoxStore, box: Box) -> Frames:
        service = serving(store)
        service.tick(1, 101)
        answer = await service.handlers()[Read](box.read())
        assert isinstance(answer, Frames)
        return answer

    store = SqliteBoxStore(directory)
    for box, frames in acked.items():
        found = asyncio.run(read(store, box))
        held = dict(found.frames)
        assert {seq: frame for seq, frame in frames.items() if seq > 1} == {seq: held[seq] for seq in frames if seq > 1}
        assert found.head >= max(frames)
    store.close()


@pytest.mark.parametrize("before", [True, False], ids=["did-not-happen", "did-happen"])
def test_any_write_may_fail(tmp_path_factory: pytest.TempPathFactory, *, before: bool) -> None:
    """Whichever write fails, whether or not it happened: what was acknowledged is there, and the store goes on."""
    for number in range(1, 60):
        directory = tmp_path_factory.mktemp("faulty")
        Faulty.countdown = -1
        store = SqliteBoxStore(directory, Faulty)
        boxes = [Box(), Box()]
        Faulty.before, Faulty.countdown = before, number
        acked = asyncio.run(scenario(store, boxes))
        reached = Faulty.countdown <= 0
        Faulty.countdown = -1
        asyncio.run(scenario(store, boxes))
        store.close()
        audit(directory, acked)
        if not reached:
            return
    pytest.fail("the scenario never came to its end")


def test_a_full_disk_refuses_and_recovers(run: Callable[..., RunningRelay], tmp_path: Path, box: Box) -> None:
    """On a full disk appends are refused as busy, reads go on; with room again appends go on too, without a gap."""
    store = SqliteBoxStore(tmp_path)
    relay = run(stores=Stores(store, MemoryBlobStore()))
    client = relay.client()
    client.append(box, b"first")
    store._write.execute("PRAGMA max_page_count = 8").fetchone()
    answers = [client.ask(box.append(os.urandom(60_000))) for _ in range(3)]
    assert Refusal("busy", 1) == answers[-1]
    kept = sum(isinstance(answer, Appended) for answer in answers)
    assert 1 + kept == client.read(box).head
    store._write.execute("PRAGMA max_page_count = 100000").fetchone()
    assert 2 + kept == client.append(box, b"again").seq


def test_a_failing_read_is_not_an_empty_box(run: Callable[..., RunningRelay], tmp_path: Path, box: Box) -> None:
    """If the store cannot be read the answer is busy: never that the box does not exist."""

    class Broken(SqliteBoxStore):
        broken = False

        def find(self, address: bytes, expiry_day: int) -> StoredBox | None:
            if self.broken:
                raise StoreFailed("broken")
            return super().find(address, expiry_day)

    store = Broken(tmp_path)
    client = run(stores=Stores(store, MemoryBlobStore())).client()
    store.broken = True
    assert Refusal("busy", 1) == client.ask(box.read())
    assert Refusal("busy", 1) == client.ask(box.append(b"frame"))
    store.broken = False
    assert 1 == client.append(box, b"frame").seq


def test_a_failed_expiry_is_tried_again(run: Callable[..., RunningRelay], tmp_path: Path, box: Box) -> None:
    """When erasing fails, it is done again seconds later, not a day later."""
    store = SqliteBoxStore(tmp_path, Faulty)
    relay = run(stores=Stores(store, MemoryBlobStore()))
    client = relay.client()
    client.append(box, b"frame")
    relay.settle()
    Faulty.before, Faulty.countdown = True, 1
    relay.tick(days=31)
    relay.settle()
    assert Faulty.countdown <= 0
    assert ((1, b"frame"),) == client.read(box).frames
    relay.tick(seconds=5)
    relay.settle()
    assert Frames(b"", 0, ()) == client.read(box)


def test_nobody_waits_for_the_log_to_be_put_away(run: Callable[..., RunningRelay], tmp_path: Path, box: Box) -> None:
    """A log that is to begin anew and cannot: what was appended is kept and answered, and the fault is counted."""

    class Heavy(SqliteBoxStore):
        @property
        def heavy(self) -> bool:
            return True

        @heavy.setter
        def heavy(self, heavy: bool) -> None: ...

        def lighten(self) -> None:
            raise StoreFailed("the log cannot begin anew")

    relay = run(stores=Stores(Heavy(tmp_path), MemoryBlobStore()))
    client = relay.client()
    assert [1, 2] == [client.append(box, frame).seq for frame in (b"one", b"two")]
    relay.settle()
    assert 2 <= relay.relay.metrics.faults["chore"]
    assert ((1, b"one"), (2, b"two")) == client.read(box).frames


def test_removed_files_are_noticed(tmp_path: Path) -> None:
    """A store whose files are removed, replaced or moved says so instead of writing into the void."""
    store = SqliteBoxStore(tmp_path)
    store.check()
    (tmp_path / "boxes.db-wal").unlink()
    with pytest.raises(StoreGone):
        store.check()
    store.close()


@pytest.mark.slow
def test_a_relay_whose_data_is_deleted_stops(spawn: Callable[..., RelayProcess], tmp_path: Path, box: Box) -> None:
    """With its files deleted a running relay acknowledges nothing more and ends with a clear error and exit code 3."""
    process = spawn(tmp_path / "data")
    client = Client(process.address)
    client.append(box, b"frame")
    delete_data(tmp_path / "data")
    with suppress(Hangup):
        assert isinstance(client.ask(box.append(b"into the void")), Refusal)
    ended = process.wait()
    assert 3 == ended.code
    assert "[data-gone]" in ended.err
    again = spawn(tmp_path / "data")
    assert Frames(b"", 0, ()) == Client(again.address).read(box)


@pytest.mark.slow
def test_an_idle_relay_notices_too(spawn: Callable[..., RelayProcess], tmp_path: Path) -> None:
    """Without any request the deletion is noticed within seconds."""
    process = spawn(tmp_path / "data")
    delete_data(tmp_path / "data")
    assert 3 == process.wait().code


@pytest.mark.slow
def test_kill_9_loses_nothing_acknowledged(spawn: Callable[..., RelayProcess], tmp_path: Path) -> None:
    """Killed again and again under load, the relay has every acknowledged frame, at its number, in one incarnation."""
    boxes = [Box() for _ in range(10)]
    acked: dict[Box, dict[int, bytes]] = defaultdict(dict)
    data, host = tmp_path / "data", ("--host", "relay.example")
    for _ in range(3):
        process = spawn(data, *host)
        client = Client(process.address)
        sent: dict[int, tuple[Box, bytes]] = {}
        for _ in range(20):
            wave = [(box, os.urandom(700)) for box in boxes for _ in range(5)]
            ids = client.start(*[box.append(frame) for box, frame in wave])
            sent |= dict(zip(ids, wave, strict=True))
        for number in list(sent)[:400]:
            note(acked, sent[number], client.result(number))
        process.kill()
        try:
            while True:
                client.take_message()
        except Hangup:
            pass
        for number, answer in client.answers.items():
            note(acked, sent[number], answer)
    client = Client(spawn(data, *host).address)
    for box in boxes:
        found = client.read(box)
        held = dict(found.frames)
        assert acked[box] == {seq: held[seq] for seq in acked[box]}
        assert list(range(1, found.head + 1)) == sorted(held)


def note(acked: dict[Box, dict[int, bytes]], sent: tuple[Box, bytes], answer: object) -> None:
    assert isinstance(answer, Appended)
    box, frame = sent
    assert answer.seq not in acked[box], "a number was given out twice"
    acked[box][answer.seq] = frame


@pytest.mark.parametrize("content", [b"not a database" * 100, None], ids=["garbage", "another-program"])
def test_a_foreign_database_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is not this program's database, or not of this version, is left alone."""
    path = tmp_path / "boxes.db"
    if content is None:
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE person (name TEXT)")
        db.close()
    else:
        path.write_bytes(content)
    with pytest.raises(NotOurs):
        SqliteBoxStore(tmp_path)
