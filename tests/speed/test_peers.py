"""Every server does what the harness takes it to do: real servers, real sockets. Those not installed are skipped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.peers.interface import NotFound, NotOffered, Peer, Running
from bench.peers.prototype import Prototype
from bench.peers.registry import peers
from bench.peers.steps import steps
from bench.scale.clusters import peers as clusters

pytestmark = pytest.mark.slow
EVERY = {peer.about.name: peer for peer in (*peers(), *steps(), *clusters())}


@pytest.fixture(params=EVERY)
def peer(request: pytest.FixtureRequest) -> Peer:
    found = EVERY[request.param]
    try:
        found.version()
    except NotFound as missing:
        pytest.skip(str(missing))
    return found


@pytest.fixture
def running(peer: Peer, tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "data"
    folder.mkdir()
    started = peer.start(folder, 0)
    yield started
    started.process.stop()


def test_what_is_sent_is_delivered_and_counted_once(running: Running) -> None:
    """One reader, then three; forty at once; and nothing comes that was not sent."""

    async def play() -> list[tuple[int, int]]:
        session = running.session()
        counted = []
        for number, receivers in ((1, 1), (2, 3)):
            lane = await session.lane(number, receivers)
            await lane.one()
            await lane.some(40)
            counted.append((lane.finished, lane.delivered))
        await session.close()
        return counted

    assert [(41, 41), (41, 123)] == asyncio.run(asyncio.wait_for(play(), 50))


def test_what_was_stored_is_fetched(running: Running) -> None:
    """Seventy messages, in two goes, for a reader who was away; `fetch` returns when all are there."""

    async def play() -> None:
        session = running.session()
        await session.store(5, 30)
        await session.store(5, 40)
        await session.fetch(5, 70)
        await session.close()

    asyncio.run(asyncio.wait_for(play(), 50))


def test_idle_clients_and_accounts(running: Running) -> None:
    """Clients stay; accounts are made, or the server says that it has none."""

    async def play() -> None:
        session = running.session()
        await session.introduce([1, 2])
        await session.idle(1)
        await session.idle(2)
        with suppress(NotOffered):
            await session.prepare(range(2))
            await asyncio.gather(session.register(0), session.register(1))
        await session.close()

    asyncio.run(asyncio.wait_for(play(), 50))


def test_the_processes_are_measured_and_end(tmp_path: Path) -> None:
    """CPU and memory are those of the server; after `stop` none of its processes is left."""
    started = Prototype().start(tmp_path, 0)
    process = started.process
    assert process.cpu_s() > 0
    assert process.memory_bytes() > 2**20
    pids = process.pids()
    process.stop()
    assert [] == [pid for pid in pids if Path(f"/proc/{pid}").exists()]
