"""A disk that is full, at every write and to its last byte: erasing goes on, and afterwards everything does."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nullabona.drills.stage.image import Image, mounted
from nullabona.machine import erasing
from nullabona.processes.servers import RelayProcess
from nullabona.relay.core.limits import Limits
from nullabona.relay.store import files
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.messages import Appended, Done, Frames, PutBlob, Refusal
from tests.relay.images import KINDS, needs_image
from tests.relay.peers import Box, Client, RunningRelay, Wire
from tests.relay.test_faults import audit, scenario

MARK = b"<planted-by-the-test>"
FULL = Refusal("busy", 60)
WHOLE = Limits(room_percent_per_day=100)
"""So small a disk has little for a day otherwise."""
Start = Callable[..., RunningRelay]


class Filled(sqlite3.Connection):
    """A connection all of whose writes fail for want of room, from the n-th on, while ``full``."""

    countdown: ClassVar[int] = -1
    full: ClassVar[bool] = False
    reached: ClassVar[bool] = False
    writes: ClassVar = ("INSERT", "UPDATE", "DELETE", "COMMIT", "PRAGMA wal", "PRAGMA user", "PRAGMA journal", "VACUUM")

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        self._guard(sql)
        return super().execute(sql, *rest)

    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        self._guard(sql)
        return super().executemany(sql, *rest)

    @staticmethod
    def _guard(sql: str) -> None:
        if Filled.full and sql.startswith(Filled.writes):
            Filled.countdown -= 1
            if Filled.countdown <= 0:
                Filled.reached = True
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
                raise error


@pytest.mark.slow
def test_the_disk_may_fill_up_at_any_write(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From whichever write on nothing can be written: nothing acknowledged is lost; with room again all goes on.

    That is appends, trims, scrubs, the expiry and the rewrite of a day change, and the stop.
    """
    number = 0
    while number := number + 1:
        assert number < 80, "the scenario never came to its end"
        directory = tmp_path_factory.mktemp("full")
        store = SqliteBoxStore(directory, Filled)
        boxes = [Box(), Box()]
        Filled.countdown, Filled.full, Filled.reached = number, True, False
        acked = asyncio.run(scenario(store, boxes))
        Filled.full = False
        with suppress(StoreFailed):  # as every two seconds: opens it again, if it could not be opened meanwhile
            store.scrub()
        more = asyncio.run(scenario(store, boxes))
        assert [4, 4] == [len(more[box]) for box in boxes]
        store.close()
        audit(directory, acked)
        audit(directory, more)
        assert {"boxes.db", "ballast"} >= {path.name for path in directory.iterdir() if path.is_file()}
        if not Filled.reached:
            return


@pytest.mark.parametrize("fails", ["fsync", "utime", "open", "folder", "erase"])
def test_a_chunk_that_does_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """Whichever step fails for want of room: it is said, nothing half written stays, and the next attempt succeeds."""
    store = FileBlobStore(tmp_path)
    data = MARK * 100
    digest = sha256(data).digest()

    def full(*_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever it takes
        raise OSError(errno.ENOSPC, "full")

    where, name = {"folder": (files, "sync_folder"), "erase": (erasing, "overwrite")}.get(fails, (os, fails))
    with monkeypatch.context() as patched:
        patched.setattr(where, name, full)
        if fails == "erase":
            patched.setattr(os, "fsync", full)
        with pytest.raises(StoreFailed):
            store.put(digest, data, 5)
    if fails == "erase":
        FileBlobStore(tmp_path)
    assert [] == list((tmp_path / "blobs" / "incoming").iterdir())
    store.put(digest, data, 5)
    assert data == store.get(digest)


# -- a real disk, full to the last byte


@pytest.fixture(params=KINDS)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Image]:
    with mounted(tmp_path, 48, making=KINDS[request.param]) as made:
        yield made


def fill_up(image: Image) -> Path:
    """Another program takes all there is."""
    path = image.mount / f"somebody-else-{len(list(image.mount.iterdir()))}"
    with path.open("wb", buffering=0) as file:
        for size in (2**20, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
                    os.fsync(file.fileno())
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - what ends the filling
    return path


def append(client: Client, boxes: list[Box], size: int) -> None:
    frame = (MARK * 40).ljust(size, b".")
    for number in client.start(*[box.append(frame) for box in boxes]):
        assert isinstance(client.result(number), Appended)


def pass_time(relay: RunningRelay, **time: int) -> None:
    for step in (time, {"seconds": 5}, {"seconds": 5}):
        relay.tick(**step)
        relay.settle()


def health(relay: RunningRelay) -> bytes:
    wire = Wire(relay.address)
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return wire.ends()


@needs_image
@pytest.mark.slow
def test_on_a_disk_full_to_the_last_byte_everything_is_erased(image: Image, run: Start) -> None:
    """Others filled it: trims, expiry, health and a new start work, and nothing of the frames is on the disk then."""
    relay = run(data=image.mount / "data", limits=WHOLE)
    client = relay.client()
    trimmed, expired, kept = [Box() for _ in range(30)], [Box() for _ in range(30)], Box()
    for size in (1_000, 30_000):
        append(client, trimmed, size)
        append(client, expired, size)
    pass_time(relay, seconds=5)
    filler = fill_up(image)
    assert image.free() < 4_096
    relay.tick(seconds=1)
    assert FULL == client.ask(kept.append(b"one"))
    assert b"short of disk" in health(relay)
    assert [Done()] * 30 == [client.ask(box.trim(2**50)) for box in trimmed]
    pass_time(relay, days=31)
    assert Frames(b"", 0, ()) == client.read(expired[0])
    assert 0 == image.count(MARK)
    relay.stop()
    fillers = filler, fill_up(image)
    relay = run(data=image.mount / "data", limits=WHOLE)
    client = relay.client()
    assert b"short of disk" in health(relay)
    assert FULL == client.ask(kept.append(b"one"))
    for filler in fillers:
        filler.unlink()
    relay.tick(seconds=1)
    assert b"200" in health(relay)
    assert 1 == client.append(kept, b"one").seq
    pass_time(relay, seconds=1)
    assert (image.mount / "data" / "ballast").exists()
    assert 0 == image.count(MARK)


@needs_image
@pytest.mark.slow
def test_killed_on_a_full_disk_it_starts_again(image: Image, run: Start) -> None:
    """A process that died with a log full of frames starts where not a byte is free, and has all of them."""
    data = image.mount / "data"
    relay = run(data=data, limits=WHOLE)
    client = relay.client()
    boxes = [Box() for _ in range(40)]
    append(client, boxes, 20_000)
    pass_time(relay, seconds=5)
    append(client, boxes, 20_000)
    copy = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    relay.stop()
    for name, content in copy.items():
        (data / name).write_bytes(content)
    filler = fill_up(image)
    relay = run(data=data, limits=WHOLE)
    client = relay.client()
    assert [2] * 40 == [client.read(box).head for box in boxes]
    assert [Done()] * 40 == [client.ask(box.trim(2**50)) for box in boxes]
    pass_time(relay, seconds=5)
    assert 0 == image.count(MARK)
    filler.unlink()


@needs_image
@pytest.mark.slow
def test_strangers_who_fill_it_stop_before_the_end(image: Image, run: Start) -> None:
    """New connections that append and put without end leave what is kept back; honest trims and the day go on."""
    relay = run(data=image.mount / "data", limits=WHOLE)
    honest, box = relay.client(), Box()
    append(honest, [box], 1_000)
    refused = 0
    while refused < 20:
        stranger = relay.client()
        for _ in range(40):
            relay.tick(seconds=1)
            chunk = os.urandom(200_000)
            answers = (
                stranger.ask(Box().append(os.urandom(60_000))),
                stranger.ask(PutBlob(sha256(chunk).digest(), chunk)),
            )
            refused += all(isinstance(answer, Refusal) for answer in answers)
    disk = os.statvfs(image.mount)
    assert image.free() >= disk.f_blocks * disk.f_frsize // 40
    honest = relay.client()
    assert Done() == honest.ask(box.trim(1))
    pass_time(relay, days=31)
    honest = relay.client()
    assert isinstance(honest.ask(box.append(b"again")), Appended)


@needs_image
@pytest.mark.slow
def test_a_whole_relay_starts_where_nothing_is_free(image: Image, spawn: Callable[..., RelayProcess]) -> None:
    """With directory and record on the same disk: it says ready, health says what is the matter, and it goes on."""
    data, host = image.mount / "data", ("--host", "relay.example")
    process = spawn(data, *host)
    box = Box()
    Client(process.address).append(box, b"one")
    process.stop()
    filler = fill_up(image)
    process = spawn(data, *host)
    client = Client(process.address)
    assert 1 == client.read(box).head
    assert Done() == client.ask(box.trim(1))
    wire = Wire(process.address)
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"short of disk: nothing new is kept" in wire.ends()
    filler.unlink()
    while not isinstance(answer := client.ask(box.append(b"two")), Appended):
        assert FULL == answer
    assert 2 == answer.seq
    errors = process.stop().err
    assert "short of disk: 0 MiB free" in errors
