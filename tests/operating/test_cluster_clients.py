"""Behind the balanced proxies of deploy/cluster: clients whose connection lasts (`--fast`), and a day's quota of blobs.

Each request and each connection goes to whichever process the proxy chooses. Without proxies and restarts,
tests/relay/test_wake_processes.py and test_day_counts.py play the same in a moment.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from nullabona.processes.engine import EngineCluster
from nullabona.wire.messages import AnyResponse, AwaitWake, Done, Frames, PutBlob, Refusal
from nullabona.wire.wakes import wake_token
from tests.api.people import PATIENCE_S, befriend, new_name, opened, play, reads
from tests.api.service import Service
from tests.operating.clusters import Front, RelayPair, both, settings, wait_for, with_bucket
from tests.relay.engines import needs_engine
from tests.relay.peers import OPEN, Box, Client, Hangup, ask_http
from tests.relay.s3_server import NEEDED
from tests.relay.test_shared_processes import put

pytestmark = needs_engine
Launch: TypeAlias = Callable[[tuple[int, int]], Front]
SECRET: Final = bytes(range(32))
DAY: Final = 80_000
FULL: Final = Refusal("day-quota", 3_600)
ASKED: Final = 16
"""Requests that reach both processes: a proxy that chose one of them so often in a row does not balance."""


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """No connection is left open."""
    yield
    while OPEN:
        OPEN.pop().close()


class Device:
    """A device with ``--fast``: it waits again before it reads, and dials again when it is hung up on."""

    def __init__(self, front: Front, box: Box) -> None:
        self._front, self._box = front, box
        self.dialled = 0
        self._waits = 0
        self._dial()

    def hears(self, seq: int) -> None:
        """Returns once this frame was read after a wake; a device that nobody wakes raises `TimeoutError`."""
        while True:
            try:
                stopping = isinstance(self._client.result(self._waits), Refusal)
            except Hangup:
                stopping = True
            if stopping:
                self._dial()
            else:
                self._waits = self._wait()
            found = self._front.ask(self._box.read(seq - 1))
            assert isinstance(found, Frames)
            if found.frames:
                return

    def _dial(self) -> None:
        self.dialled += 1
        self._client: Client = self._front.lasting()
        self._waits = self._wait()

    def _wait(self) -> int:
        return self._client.start(AwaitWake(wake_token(SECRET, 0), 600))[0]


def new_engine_name() -> str:
    """A name that nobody has had on this engine, which remembers what a day has brought."""
    return os.urandom(8).hex()


def waiting_processes(cluster: EngineCluster, name: str) -> int:
    """At how many processes of this name somebody waits for a wake token, as they tell one another."""
    told = cluster.primaries()[0].ask("-c", "HVALS", f"d:{{{name}}}:relays")
    return sum(int(count) % 2 for count in told.split())


@pytest.mark.slow
@both
def test_a_wake_reaches_who_waits_at_the_other_process(launch: Launch, cluster: EngineCluster) -> None:
    """Wherever the append goes, everybody who waits at either process is woken; also after each process has restarted
    and its clients have come back through the proxy.
    """
    name = new_engine_name()
    with RelayPair(cluster, "--engine-name", name) as relays:
        front, box = launch(relays.ports), Box()
        devices: list[Device] = []

        def both_have_some() -> bool:
            if waiting_processes(cluster, name) == 2:
                return True
            devices.extend([Device(front, box)] if len(devices) < ASKED else [])
            return False

        def all_hear() -> None:
            wait_for(lambda: front.is_up)
            front.ask(box.append(b"frame", (SECRET, 2)))
            said.append(b"frame")
            for device in devices:
                device.hears(len(said))

        said: list[bytes] = []
        wait_for(both_have_some)
        for _ in range(3):
            all_hear()
        for which in range(2):
            before = sum(device.dialled for device in devices)
            relays.stop(which)
            all_hear()
            relays.start(which)
            if front.statistics.exists():
                front.wait_until(("one", "two")[which], "UP")
            all_hear()
            assert before < sum(device.dialled for device in devices)
            wait_for(both_have_some)
            all_hear()


@pytest.mark.slow
@both
def test_one_quota_of_blobs_for_both_processes(launch: Launch, cluster: EngineCluster, tmp_path: Path) -> None:
    """What either took through the proxy is of the day for both, to the last byte; after each has restarted, too."""
    limits = tmp_path / "limits.toml"
    limits.write_text(f"[limits]\nblob_bytes_per_day = {DAY}\n")
    name = new_engine_name()
    with RelayPair(cluster, "--engine-name", name, "--config", str(limits)) as relays:
        front = launch(relays.ports)

        def ask(size: int) -> AnyResponse:
            return front.ask(some(size))

        def told() -> int:
            rows = cluster.primaries()[0].ask("-c", "HVALS", f"d:{{{name}}}:day").splitlines()
            return sum(int(words[1]) for row in rows if len(words := row.split()) == 2)

        def all_know(took: int) -> int:
            """Until each process was told what the other had taken: twice, so that the first answer has come."""
            wait_for(lambda: told() >= took)
            for _ in range(2):
                for port in relays.ports:
                    assert Done() == ask_http(("127.0.0.1", port), some(1))
                took += 2
                wait_for(lambda took=took: told() >= took)  # type: ignore[misc] # called before it changes
            return took

        assert Done() == ask(60_000)
        took = all_know(60_000)
        assert [FULL] * ASKED == [ask(20_001) for _ in range(ASKED)]
        assert Done() == ask(DAY - took)
        wait_for(lambda: [FULL] * ASKED == [ask(1) for _ in range(ASKED)])
        for which in range(2):
            relays.stop(which)
            relays.start(which)
            own = "127.0.0.1", relays.ports[which]
            wait_for(lambda own=own: FULL == ask_http(own, some(1)))  # type: ignore[misc] # called before it changes


@pytest.mark.slow
@NEEDED
@both
def test_people_talk_over_lasting_connections(launch: Launch, cluster: EngineCluster, tmp_path: Path) -> None:
    """`--fast`, whole clients: what is said before, while and after each process restarts comes once and in order."""
    with with_bucket(cluster, tmp_path) as relays, Service(tmp_path / "names") as names:
        front = launch(relays.ports)
        options = settings(front.proxy.chain, fast=True)

        async def talk() -> None:
            async with opened(tmp_path / "mina", options) as mina, opened(tmp_path / "junho", options) as junho:
                for client in (mina, junho):
                    await client.account.create(names.handle(new_name("fast")), relay=front.url)
                    await client.account.wait_published(timeout_s=PATIENCE_S)
                room = await befriend(mina, junho)
                said: list[str] = []

                async def say() -> None:
                    for client in (mina, junho):
                        said.append(f"line {len(said)}")
                        await client.messages.send(room, said[-1])
                        for reader in (mina, junho):
                            await reads(reader, room, *said)

                await say()
                await asyncio.to_thread(wait_for, lambda: waiting_processes(cluster, "relay") > 0)
                for which, name in enumerate(("one", "two")):
                    await asyncio.to_thread(relays.stop, which)
                    await say()
                    await asyncio.to_thread(relays.start, which)
                    if front.statistics.exists():
                        await asyncio.to_thread(front.wait_until, name, "UP")
                    await say()

        play(talk(), 300)


def some(size: int) -> PutBlob:
    """A blob that nobody has put before."""
    return put(os.urandom(size))
