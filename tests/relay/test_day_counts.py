"""Quotas of a day, over all processes of a relay: not less than they say, and not more (spec/engine.md §4.2)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest

from nullabona.machine.settings import Endpoint
from nullabona.processes.engine import EngineCluster
from nullabona.relay.blobs import RESERVE, SMALL_BYTES, BlobService
from nullabona.relay.config import Config
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.space import ENTRY_BYTES, SHARE, SMALL, Space
from nullabona.relay.metrics import Metrics
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.wire.messages import Done, PutBlob, Refusal
from tests.relay.digest_logs import SharedPlace
from tests.relay.engines import address_of, needs_engine
from tests.relay.peers import Box, RunningRelay
from tests.relay.shelves import Asker

DAY = 20_000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """One shard."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes")
    yield made
    made.close()


@needs_engine
def test_processes_tell_each_other_what_they_took(cluster: EngineCluster) -> None:
    """However often they say it, it counts once; what an ended process took counts on, and the next day begins at 0.
    A process whose clock is behind counts alone.
    """

    async def scene() -> None:
        place = SharedPlace(cluster, heard=False)
        one, other = [await place.log() for _ in range(2)]
        seen = []
        for days in ((DAY, DAY), (DAY, DAY), (DAY + 1, DAY)):
            for log, day, took in ((one, days[0], (100, 7)), (other, days[1], (30, 2))):
                log._peers.took(day, *took)
            for log in (one, other, one):
                await place.settle(log)
            seen.append([(log._peers.frames, log._peers.blobs) for log in (one, other)])
        assert [[(30, 2), (100, 7)], [(30, 2), (100, 7)], [(0, 0), (0, 0)]] == seen
        await place.kill(one)
        late = await place.log()
        late._peers.took(DAY + 1, 1, 1)
        await place.settle(late)
        assert (100, 7) == (late._peers.frames, late._peers.blobs)
        for log in (other, late):
            await place.end(log)

    asyncio.run(scene())


def test_frames_that_others_brought_are_of_the_day() -> None:
    """Small frames go on to an eighth of what is left for all processes, and not one byte further; tomorrow anew."""
    limits = Limits(frame_bytes_per_day=2**20)
    space, budget = Space(limits), Budget(limits)
    space.renew(None, DAY, 0)
    space.elsewhere = 2**20 - SHARE * (SMALL + ENTRY_BYTES)
    space.renew(None, DAY, 0)
    assert None is space.refuse_frame(SMALL, budget)
    assert Refusal("day-quota", 3_600) == space.refuse_frame(1, budget)
    space.kept(1, SMALL)
    assert SMALL + ENTRY_BYTES == space.brought
    space.renew(None, DAY + 1, 0)
    assert (0, 0, None) == (space.brought, space.elsewhere, space.refuse_frame(SMALL, budget))


@pytest.mark.parametrize("found", [0, 5_000], ids=["a new bucket", "found at the start"])
def test_blobs_that_others_took_are_of_the_day(found: int) -> None:
    """To the last byte of the quota, and none beyond it; what is found in a bucket that all share counts once."""
    limits = Limits(blob_bytes_per_day=RESERVE * 1_000)

    async def scene() -> None:
        store, caller = MemoryBlobStore(), Asker(limits)
        if found:
            store.put(sha256(bytes(found)).digest(), bytes(found), DAY + limits.retention_days)
        service = BlobService(store, limits, Metrics())
        service.tick(1, DAY)
        service.elsewhere = 5_000
        put = service.operations()[PutBlob]

        async def ask(size: int, number: int) -> object:
            data = os.urandom(size)
            caller.answers[number] = asyncio.get_running_loop().create_future()
            put(PutBlob(sha256(data).digest(), data), caller, number)
            return await caller.answers[number]

        assert (Done(), 5_000 + 2_000, 2_000) == (await ask(2_000, 1), service.today_bytes, service.own_bytes)
        assert Refusal("day-quota", 3_600) == await ask(1_001, 2)
        assert Done() == await ask(1_000, 3)
        assert Refusal("day-quota", 3_600) == await ask(1, 4)
        service.tick(2, DAY + 1)
        assert (0, 0, 0) == (service.today_bytes, service.own_bytes, service.elsewhere)
        await service.stop()
        await service.finish()

    assert SMALL_BYTES > 2_000
    asyncio.run(scene())


@needs_engine
def test_two_relays_keep_one_quota(cluster: EngineCluster, run: Callable[..., RunningRelay]) -> None:
    """What one was given counts at the other from its next second on: to the last byte, for blobs and for frames."""
    limits = Limits(blob_bytes_per_day=80_000, frame_bytes_per_day=2**20)
    config = Config(data=None, listen=(Endpoint("127.0.0.1", 0),), limits=limits, engine=address_of(cluster))
    here, there = (run(config=config) for _ in range(2))

    def ask(relay: RunningRelay, size: int) -> object:
        data = os.urandom(size)
        return relay.client().ask(PutBlob(sha256(data).digest(), data))

    assert Done() == ask(here, 60_000)
    here.client().append(Box(), bytes(30_000))
    for relay in (here, there, there):
        relay.tick(seconds=1)
        relay.settle()
    assert (60_000, 30_000 + ENTRY_BYTES) == (there.relay.blobs.today_bytes, there.relay.space.elsewhere)
    assert [Refusal("day-quota", 3_600), Done()] == [ask(there, size) for size in (20_001, 20_000)]
