"""The wire-level clients against a relay in memory that can lose what it acknowledged: nothing of that goes unseen."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import pytest

from bench.soak.probe import shown
from bench.soak.wire import Box, Line, Load, Pair
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, Appended, Done, Frames, Read, Refusal, Trim

URL = "ws://127.0.0.1:1"
LIMIT = 3


class FakeRelay(Line):
    """A line to a relay of one box. It holds `LIMIT` frames an answer; a read that would wait is answered at once."""

    def __init__(self) -> None:
        self.frames: dict[int, bytes] = {}
        self.head = 0
        self.lives = 0
        self.before_acknowledging: Callable[[], None] = lambda: None

    async def ask(self, request: AnyRequest, timeout_s: float) -> AnyResponse | None:
        if isinstance(request, Append):
            self.lives += self.head == 0
            self.head += 1
            self.frames[self.head] = request.frame
            answer = Appended(self.head, self._incarnation())
            self.before_acknowledging()
            return answer
        if isinstance(request, Trim):
            self.frames = {seq: frame for seq, frame in self.frames.items() if seq > request.upto}
            return Done()
        assert isinstance(request, Read)
        found = sorted((seq, frame) for seq, frame in self.frames.items() if seq > request.after)
        return Frames(self._incarnation(), self.head, tuple(found[:LIMIT]))

    async def close(self) -> None:
        """There is nothing to hang up."""

    def lose(self) -> None:
        """Forget the box."""
        self.frames, self.head = {}, 0

    def _incarnation(self) -> bytes:
        return self.lives.to_bytes(8) if self.head else b""


class Stage:
    """A pair, its load and its relay."""

    def __init__(self) -> None:
        self.load, self.relay = Load("1"), FakeRelay()
        self.pair = Pair(URL, self.load)
        self.pair._writer = self.pair._reader = self.relay

    def write(self, *numbers: int) -> None:
        for number in numbers:
            asyncio.run(self.pair._write_one(number))

    def read(self, times: int = 1) -> None:
        for _ in range(times):
            asyncio.run(self.pair._read_once())

    def wipe(self) -> None:
        asyncio.run(self.load.wiping())
        self.relay.lose()
        asyncio.run(self.load.wiped())

    def counts(self) -> Counter[str]:
        self.pair._receipts.close()
        return self.load.counts


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_everything_is_read(stage: Stage) -> None:
    """In as many reads as it takes."""
    stage.write(*range(1, 6))
    stage.read(2)
    assert {"acked": 5, "delivered": 5} == stage.counts()
    assert 5 == len(stage.load.delays)


def test_what_a_wipe_takes_is_excused(stage: Stage) -> None:
    """What was read before is read, what was not is gone with the data, and what comes after is read from its start."""
    stage.write(*range(1, 6))
    stage.read()
    stage.wipe()
    stage.write(6, 7)
    stage.read(2)
    assert {"acked": 7, "delivered": 5, "wiped": 2} == stage.counts()


@pytest.mark.parametrize("wipes_before", [0, 1])
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_box_that_goes_without_a_wipe_is_missing(stage: Stage, wipes_before: int, *, goes_on: bool) -> None:
    """Also in a run with wipes, and whether another box takes its place or none."""
    for _ in range(wipes_before):
        stage.wipe()
    stage.write(*range(1, 6))
    stage.read()
    stage.relay.lose()
    if goes_on:
        stage.write(6)
    stage.read(2)
    stage.wipe()
    more = int(goes_on)
    assert {"acked": 5 + more, "delivered": 3 + more, "missing": 2} == stage.counts()


def test_a_frame_under_way_when_the_data_goes_is_excused(stage: Stage) -> None:
    """Its acknowledgement is taken note of when the relay that sent it is gone already."""

    def wipe() -> None:
        stage.load.wipes.begun += 1
        stage.relay.lose()
        stage.load.wipes.over += 1

    stage.relay.before_acknowledging = wipe
    stage.write(1)
    stage.read()
    assert {"acked": 1, "wiped": 1} == stage.counts()


def test_a_box_that_was_never_read_is_excused_after_a_wipe(stage: Stage) -> None:
    """The first read finds none, as if there had never been one."""
    stage.write(1)
    stage.wipe()
    stage.read()
    assert {"acked": 1, "wiped": 1} == stage.counts()


def test_a_frame_that_goes_before_it_is_read_is_missing(stage: Stage) -> None:
    """Expired too early, say; a wipe that comes when the gap was seen excuses nothing."""
    stage.write(*range(1, 6))
    del stage.relay.frames[2]
    stage.read(2)
    stage.wipe()
    assert {"acked": 5, "delivered": 4, "missing": 1} == stage.counts()


def test_what_was_read_is_trimmed(stage: Stage) -> None:
    """Once it is much; nothing is missed by that."""
    stage.write(*range(1, 206))
    stage.read(69)
    assert not stage.relay.frames
    assert {"acked": 205, "delivered": 205} == stage.counts()


FRAME, NONE, BUSY = Frames(b"incarn-1", 1, ((1, b"x"),)), Frames(b"", 0, ()), Refusal("busy", 1)


@pytest.mark.parametrize(
    ("early", "late", "shows"),
    [
        (FRAME, NONE, ["expired"]),
        (FRAME, FRAME, ["kept too long"]),
        (NONE, NONE, ["gone too early"]),
        (FRAME, None, []),
        (None, NONE, []),
        (BUSY, NONE, []),
        (FRAME, BUSY, []),
    ],
)
def test_a_probe_shows_what_it_saw(early: AnyResponse | None, late: AnyResponse | None, shows: list[str]) -> None:
    """There before and gone after; and nothing, if the relay did not answer."""
    assert shows == shown(early, late)


class Glance(FakeRelay):
    """A relay whose frame is gone at the second look; it is wiped before a look, if asked."""

    def __init__(self, load: Load, wiped_before: int) -> None:
        super().__init__()
        self._load, self._wiped_before, self._looks = load, wiped_before, 0

    async def ask(self, request: AnyRequest, timeout_s: float) -> AnyResponse | None:
        self._looks += 1
        if self._looks == self._wiped_before:
            await self._load.wiping()
            return NONE
        return FRAME if self._looks == 1 else NONE


@pytest.mark.parametrize(("wiped_before", "counts"), [(0, {"expired": 1}), (1, {}), (2, {})])
def test_a_probe_with_a_wipe_in_it_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, wiped_before: int, counts: dict[str, int]
) -> None:
    """Neither that the frame went too early nor that it went in time."""
    load = Load("1")
    now = iter([90.0, 99.0, 100.0, 100.5, 101.0])
    monkeypatch.setattr(time, "time", lambda: next(now))

    async def late_enough(at: float) -> bool:
        return True

    monkeypatch.setattr(load, "_sleep_until", late_enough)
    asyncio.run(load._probe(Glance(load, wiped_before), Box(), 100.0, load.wipes.over))
    assert counts == load.counts
