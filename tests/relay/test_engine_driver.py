"""The driver of an engine: slots that move, nodes that are late, hang up or come back (docs/decisions/0058)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from nullabona.processes.engine import EngineCluster, Node
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.access import APPEND, KEEPER, PREFIX, RELAY
from nullabona.relay.shelves.engine.driver import SLOTS, EngineFailed, EngineUnreachable, Reply, slot_of
from nullabona.relay.shelves.engine.terms import Terms
from tests.relay.engines import address_of, mended_at, needs_engine

pytestmark = needs_engine

Scene: TypeAlias = Callable[["Stage"], Awaitable[None]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Two shards without replicas, for all tests of this file."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()


class Stage:
    """A driver, and what it heard."""

    def __init__(self, cluster: EngineCluster, answer_ms: int) -> None:
        from nullabona.relay.shelves.engine.cluster import ClusterDriver

        self.cluster = cluster
        self.answer_ms = answer_ms
        self.heard: list[tuple[bytes, bytes]] = []
        self.came = asyncio.Event()
        self.driver: ClusterDriver
        self._terms = Terms(Limits(), lambda _bits: 0)

    async def begin(self) -> None:
        from nullabona.relay.shelves.engine.cluster import connect_driver
        from nullabona.relay.shelves.engine.keeper import load_functions

        address = address_of(self.cluster)
        keeper = await connect_driver(address, KEEPER)
        await load_functions(keeper)
        await keeper.close()
        self.driver = await connect_driver(address, RELAY, self._hear, answer_ms=self.answer_ms)

    def _hear(self, channel: bytes, message: bytes) -> None:
        self.heard.append((channel, message))
        self.came.set()

    async def until_heard(self, channel: bytes) -> None:
        async with asyncio.timeout(20):
            while channel not in {one for one, _ in self.heard}:
                self.came.clear()
                await self.came.wait()

    async def append(self, *keys: bytes) -> list[Reply]:
        """The numbers that frames got in these boxes, asked for together."""
        commands = [(b"FCALL", APPEND, b"1", key, b"frame", self._terms.of_box()) for key in keys]
        replies = await self.driver.call(commands)
        return [reply[0] if isinstance(reply, list) else type(reply) for reply in replies]


def play(cluster: EngineCluster, scene: Scene, answer_ms: int = 2_000) -> None:
    """Play a scene with a driver that is connected."""

    async def all_of_it() -> None:
        stage = Stage(cluster, answer_ms)
        await stage.begin()
        try:
            await scene(stage)
        finally:
            await stage.driver.close()

    for node in cluster.nodes:
        node.ask("FLUSHALL")
    asyncio.run(all_of_it())


def box_of(cluster: EngineCluster, at: int) -> bytes:
    """The key of some box that the node at this place has."""
    while slot_of(key := PREFIX + os.urandom(16)) * 2 // SLOTS != at:
        pass
    return key


def test_boxes_of_several_shards_are_asked_for_together(cluster: EngineCluster) -> None:
    """The first one's shard sends on what it does not have; those of one box keep their order."""
    here, there = (box_of(cluster, at) for at in (0, 1))

    async def scene(stage: Stage) -> None:
        assert [1, 1, 2, 2, 3] == await stage.append(here, there, here, there, there)

    play(cluster, scene)


def test_a_slot_that_moves(cluster: EngineCluster) -> None:
    """Boxes are appended to while their slot moves, half of it here and half of it there, and afterwards."""
    if (mended := mended_at(cluster)) is not None:
        pytest.skip(f"this version of the engine ends while slots move; {mended} does not")
    source, target = cluster.nodes
    first, second = (PREFIX + b"{moves}" + one for one in (b"1", b"2"))
    if slot_of(first) * 2 >= SLOTS:
        source, target = target, source
    slot, ids = str(slot_of(first)), [node.ask("CLUSTER", "MYID") for node in (source, target)]

    def move(*words: str) -> None:
        assert "OK" == words_of(target if words[0] == "IMPORTING" else source, *words)

    def words_of(node: Node, *words: str) -> str:
        return node.ask("CLUSTER", "SETSLOT", slot, *words)

    async def scene(stage: Stage) -> None:
        assert [1] == await stage.append(first)
        move("IMPORTING", ids[0])
        move("MIGRATING", ids[1])
        try:
            # The first is still where it was; the second is new, so it begins where the slot goes.
            assert [2, 1, 2] == await stage.append(first, second, second)
            assert "OK" == source.ask(
                "MIGRATE", "127.0.0.1", str(target.port), first.decode(), "0", "1000",
                "AUTH2", "admin", cluster.passwords["admin"],
            )  # fmt: skip
            assert [3, 3] == await stage.append(first, second)
        finally:
            for node in (target, source):
                words_of(node, "NODE", ids[1])
        assert [4, 4, 5] == await stage.append(second, first, first)

    play(cluster, scene)
    for node in cluster.nodes:
        node.ask("FLUSHALL")
    for node in (source, target):
        words_of(node, "NODE", ids[0])


def test_versions_that_check_names_end_while_slots_move_and_no_others(tmp_path: Path) -> None:
    """A box is appended to whose slot is moving: `engine check` warns of those versions that end then."""
    cluster = EngineCluster(tmp_path / "nodes", primaries=2)
    box = box_of(cluster, 0)
    slot, (source, target) = str(slot_of(box)), cluster.nodes

    async def scene(stage: Stage) -> None:
        assert [1] == await stage.append(box)
        assert "OK" == target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.ask("CLUSTER", "MYID"))
        assert "OK" == source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.ask("CLUSTER", "MYID"))
        named = mended_at(cluster) is not None
        assert [EngineFailed if named else 2] == await stage.append(box)
        assert ("" if named else "PONG") == source.ask("PING")

    try:
        play(cluster, scene)
    finally:
        cluster.close()


@pytest.mark.parametrize(("cause", "tries"), [(TimeoutError(), 3), (ConnectionRefusedError(), 1)])
def test_silent_nodes_are_tried_again_at_a_start(
    cluster: EngineCluster, monkeypatch: pytest.MonkeyPatch, cause: OSError, tries: int
) -> None:
    """A machine that has just begun is slow; nodes that refuse are asked once."""
    from nullabona.relay.shelves.engine.cluster import connect_driver
    from nullabona.relay.shelves.engine.connection import Connection, Login, open_connection

    failed: list[str] = []

    async def opened(node: str, login: Login) -> Connection:
        if len(failed) < (tries - 1) * len(cluster.nodes) or tries == 1:
            failed.append(node)
            raise EngineFailed("it fails") from cause
        return await open_connection(node, login)

    monkeypatch.setattr("nullabona.relay.shelves.engine.cluster.open_connection", opened)

    async def connects() -> bool:
        try:
            driver = await connect_driver(address_of(cluster), RELAY)
        except EngineUnreachable:
            return False
        await driver.close()
        return True

    assert asyncio.run(connects()) is (tries > 1)
    assert len(failed) == max(1, tries - 1) * len(cluster.nodes)


def test_an_answer_that_comes_late_is_nobodys(cluster: EngineCluster) -> None:
    """A node stalls: what was asked has failed, may have been done, and no later question gets its answer."""
    victim = cluster.nodes[0]
    late, fine = (box_of(cluster, at) for at in (0, 1))

    async def scene(stage: Stage) -> None:
        assert [1] == await stage.append(late)
        victim.send(signal.SIGSTOP)
        try:
            assert [EngineFailed, EngineFailed] == await stage.append(late, late)
            assert [1] == await stage.append(fine)
        finally:
            victim.send(signal.SIGCONT)
        assert [4] == await stage.append(late)  # two were numbered when it woke
        assert [1] == await stage.append(box_of(cluster, 0))

    play(cluster, scene, answer_ms=300)


def test_who_can_listen_no_longer_is_told(cluster: EngineCluster) -> None:
    """A connection on which something was listened to is cut: that is told, and listening anew helps."""
    box = box_of(cluster, 0)

    async def scene(stage: Stage) -> None:
        await stage.driver.listen([box])
        await stage.append(box)
        await stage.until_heard(box)
        assert [(box, b"1")] == stage.heard
        stage.heard.clear()
        cluster.nodes[0].ask("CLIENT", "KILL", "TYPE", "pubsub")
        await stage.until_heard(b"")
        stage.heard.clear()
        await stage.driver.listen_anew([box])
        await stage.append(box)
        await stage.until_heard(box)
        await stage.driver.ignore([box])
        assert [(box, b"2")] == stage.heard

    play(cluster, scene)


def test_who_listens_hears_one_shard_while_another_is_silent(cluster: EngineCluster) -> None:
    """What the silent one has is named, and can be listened to once it speaks again."""
    away, fine = (box_of(cluster, at) for at in (0, 1))

    async def scene(stage: Stage) -> None:
        cluster.nodes[0].send(signal.SIGSTOP)
        try:
            assert {away} == await stage.driver.listen([away, fine])
        finally:
            cluster.nodes[0].send(signal.SIGCONT)
        await stage.append(fine)
        await stage.until_heard(fine)
        assert set() == await stage.driver.listen([away])
        await stage.append(away)
        await stage.until_heard(away)

    play(cluster, scene, answer_ms=300)


def test_a_node_is_reached_again_after_it_hung_up(cluster: EngineCluster) -> None:
    """The next question opens another connection."""
    box = box_of(cluster, 0)

    async def scene(stage: Stage) -> None:
        assert [1] == await stage.append(box)
        cluster.nodes[0].ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        answers = [*await stage.append(box), *await stage.append(box)]
        assert answers in ([EngineFailed, 2], [2, 3])

    play(cluster, scene)
