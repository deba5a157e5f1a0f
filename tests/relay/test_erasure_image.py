"""Erased is erased on the disk itself: no frame is on an image of it that is searched whole (spec/relay.md §6)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from nullabona.drills.stage.image import Image, mounted
from nullabona.machine import scrubbing, wal
from nullabona.relay.core.limits import Limits
from nullabona.relay.store import rewriting
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.messages import Appended, Done, PutBlob
from tests.relay.images import KINDS, needs_image
from tests.relay.peers import Box, Client, RunningRelay

pytestmark = [needs_image, pytest.mark.slow]
MARKS = 40
"""How often each frame says its mark."""
FIRST, LATER = b"<first-planted-by-the-test>", b"<later-planted-by-the-test>"
WHOLE = Limits(room_percent_per_day=100)
"""What one connection may have of a small disk in a day is less than these tests put there."""
Start = Callable[..., RunningRelay]


@pytest.fixture(params=KINDS)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Image]:
    with mounted(tmp_path, 96, making=KINDS[request.param]) as made:
        yield made


def append(client: Client, boxes: list[Box], mark: bytes, size: int = 0) -> None:
    """One frame into each box that says ``mark`` again and again."""
    frame = (mark * MARKS).ljust(size, b".")
    for at in range(0, len(boxes), 50):
        for number in client.start(*[box.append(frame) for box in boxes[at : at + 50]]):
            assert isinstance(client.result(number), Appended)


def pass_time(relay: RunningRelay, **time: int) -> None:
    relay.tick(**time)
    relay.settle()
    relay.tick(seconds=5)
    relay.settle()


def test_what_expired_is_nowhere(image: Image, run: Start) -> None:
    """After its last day no frame and no blob is on the disk, whatever was written anew meanwhile."""
    relay = run(image.mount / "data", WHOLE)
    client = relay.client()
    boxes = [Box() for _ in range(200)]
    append(client, boxes, FIRST)
    append(client, boxes, FIRST, size=30_000)
    data = LATER * 2_000
    client.ask(PutBlob(sha256(data).digest(), data))
    pass_time(relay, seconds=5)
    assert image.count(FIRST) >= 2 * MARKS * len(boxes)
    assert image.count(LATER) >= 2_000
    for _ in range(31):
        pass_time(relay, days=1)
    assert (0, 0) == (image.count(FIRST), image.count(LATER))
    relay.stop()
    assert (0, 0) == (image.count(FIRST), image.count(LATER))


def test_what_was_trimmed_after_a_rewrite_is_nowhere(image: Image, run: Start) -> None:
    """Frames that a rewrite has moved, while they were alive, are gone wherever they stood once they are trimmed."""
    relay = run(image.mount / "data", WHOLE)
    client = relay.client()
    first, later = [Box() for _ in range(150)], [Box() for _ in range(150)]
    append(client, first, FIRST, size=9_000)
    append(client, later, LATER, size=9_000)
    for boxes in (first, later):
        for box in boxes:
            assert Done() == client.ask(box.trim(2**50))
        pass_time(relay, days=1)
    assert (0, 0) == (image.count(FIRST), image.count(LATER))
    relay.stop()
    assert (0, 0) == (image.count(FIRST), image.count(LATER))


def test_a_log_that_is_cut_leaves_nothing(image: Image, run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood in the part of the log that is given back was overwritten before."""
    for module in (scrubbing, wal):
        monkeypatch.setattr(module, "KEPT_BYTES", 200_000)
    relay = run(image.mount / "data", WHOLE)
    client = relay.client()
    boxes = [Box() for _ in range(60)]
    for _ in range(4):
        append(client, boxes, FIRST, size=20_000)
    for box in boxes:
        client.ask(box.trim(2**50))
    pass_time(relay, seconds=5)
    assert 200_000 >= (image.mount / "data" / "boxes.db-wal").stat().st_size
    assert 0 == image.count(FIRST)


def test_nothing_is_left_of_a_log_that_could_not_be_scrubbed(
    image: Image, run: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that stops without a scrub removes a log that it has overwritten."""

    def fails(*_: Any) -> bool:  # noqa: ANN401 - whatever it takes
        raise OSError("the disk failed")

    relay = run(image.mount / "data", WHOLE)
    client = relay.client()
    boxes = [Box() for _ in range(60)]
    append(client, boxes, FIRST, size=20_000)
    monkeypatch.setattr(scrubbing.Scrubber, "scrub", fails)
    relay.stop()
    monkeypatch.undo()
    assert not (image.mount / "data" / "boxes.db-wal").exists()
    again = run(image.mount / "data", WHOLE)
    client = again.client()
    for box in boxes:
        client.ask(box.trim(2**50))
    pass_time(again, seconds=5)
    assert 0 == image.count(FIRST)


@pytest.mark.parametrize("at", ["write_anew", "put_in_place", "erase_former"])
def test_a_rewrite_that_dies_leaves_nothing_behind(
    image: Image, run: Start, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Killed before, in or after the change of files, the next start finds every frame, and erases what was left."""
    data = image.mount / "data"
    relay = run(data, WHOLE)
    client = relay.client()
    boxes = [Box() for _ in range(60)]
    append(client, boxes, FIRST, size=20_000)
    relay.stop()

    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:  # noqa: ANN401 - whatever it takes
        raise Killed

    store = SqliteBoxStore(data)
    real = getattr(rewriting, at)
    with monkeypatch.context() as patched:
        patched.setattr(rewriting, at, lambda *given: dies(real(*given) if at == "write_anew" else None))
        patched.setattr(rewriting, "give_up", lambda path: None)
        with pytest.raises(Killed):
            list(store.rewrite())
    assert FIRST * 2 in b"".join(path.read_bytes() for path in data.glob("boxes.db.*"))
    store.close()
    again = run(data, WHOLE)
    client = again.client()
    for box in boxes:
        assert 1 == client.read(box).head
        client.ask(box.trim(2**50))
    pass_time(again, seconds=5)
    assert 0 == image.count(FIRST)
    assert [] == list(data.glob("boxes.db.*"))


def test_a_chunk_put_twice_at_once_is_erased_once_and_for_all(image: Image, run: Start) -> None:
    """Of two copies that are written side by side neither is left when the day is over."""
    relay = run(image.mount / "data", WHOLE)
    clients = [relay.client() for _ in range(4)]
    for turn in range(20):
        data = LATER * 1_000 + os.urandom(8) + bytes([turn])
        requests = [(client, client.start(PutBlob(sha256(data).digest(), data))[0]) for client in clients]
        for client, number in requests:
            assert Done() == client.result(number)
    pass_time(relay, days=31)
    assert 0 == image.count(LATER)
