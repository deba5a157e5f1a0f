"""What our relay costs by default is measured on a real relay, by clients that do what the product's do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.peers.interface import NotOffered
from bench.peers.prototype import Prototype
from bench.peers.relay import Relay, RunningRelay
from bench.speed import apart
from bench.speed.apart import APART
from bench.speed.workloads import Extent, Measured, measure

pytestmark = pytest.mark.slow
EVERY = {workload.name: workload for workload in APART}
SHORT = Extent(window_s=0.3)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningRelay]:
    folder = tmp_path / "data"
    folder.mkdir()
    started = Relay(volatile=False).start(folder, 0)
    yield started
    started.process.stop()


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nothing takes long."""
    for name in ("POLLERS", "CLIENTS", "WAITERS"):
        monkeypatch.setattr(apart, name, 20)


def measured(running: RunningRelay, name: str) -> Measured:
    return asyncio.run(asyncio.wait_for(measure(EVERY[name], running, SHORT), 50))


@pytest.mark.parametrize(
    ("name", "up", "down"), [("post-append", 1_260, 134), ("post-read", 199, 1_166), ("post-look", 199, 135)]
)
def test_posts_are_counted_with_their_bytes(running: RunningRelay, name: str, up: int, down: int) -> None:
    """A frame of 1,024 bytes goes up or comes down; and where nothing is found, neither."""
    found = measured(running, name)
    assert found.value > 0
    assert found.server_cores > 0
    assert up == pytest.approx(found.details["up_bytes"], abs=16)
    assert down == pytest.approx(found.details["down_bytes"], abs=16)


def test_hearers_are_all_told_of_what_rings(running: RunningRelay) -> None:
    """A few answers a second for each, of some dozens of boxes each."""
    found = measured(running, "hear")
    assert found.details["answers_per_s"] > 20
    assert 10 < found.details["marks"] < 200


def test_waits_end_and_begin_anew(running: RunningRelay) -> None:
    """Each within two seconds, as a relay ends waits once a second."""
    assert 5 < measured(running, "inbox").value < 60


def test_clients_that_hear_and_wait_take_memory(running: RunningRelay) -> None:
    """And are counted as they come."""
    found = measured(running, "hears")
    assert found.value > 0
    assert {"clients", "connects_per_s", "connect_us", "idle_us"} == found.details.keys()


@pytest.mark.parametrize("name", EVERY)
def test_others_are_not_asked(tmp_path: Path, name: str) -> None:
    """Nobody hears at a server that is not ours."""
    other = Prototype().start(tmp_path, 0)
    try:
        with pytest.raises(NotOffered):
            asyncio.run(measure(EVERY[name], other, SHORT))
    finally:
        other.process.stop()
