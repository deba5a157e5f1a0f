"""Bytes that a frame takes in an engine's memory, measured on a real node with the relay's own functions.

Boxes of several shapes are filled over the relay's own driver: so many frames of 1,024 bytes each. What boxes without
frames take is measured in the same way: they are filled and trimmed. What the machine gives the server beyond what it
counts is measured on a node whose boxes were trimmed and filled again several times.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

import msgspec

from bench.speed.machine import describe
from nullabona.processes.engine import EngineCluster, Node
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.access import APPEND, KEEPER, PREFIX, RELAY, SWEEP, TRIM
from nullabona.relay.shelves.engine.cluster import connect_driver
from nullabona.relay.shelves.engine.driver import Driver
from nullabona.relay.shelves.engine.keeper import load_functions
from nullabona.relay.shelves.engine.terms import Terms

FRAME_BYTES: Final = 1_024
SHAPES: Final = ((60_000, 1), (20_000, 4), (4_000, 20), (400, 200))
"""Boxes, and frames in each."""
USED: Final = (20_000, 12, 6)
"""Boxes of a node that is used for a while, frames in each, and how often a third of them is replaced by new ones."""
BACKLOG_BYTES: Final = 4 * 2**20
AT_ONCE: Final = 500
T = TypeVar("T")
_MEMORY: Final = "1gb"
_PASSING: Final = ("mem_total_replication_buffers", "mem_clients_normal", "mem_clients_slaves")


class Shape(msgspec.Struct, frozen=True):
    """What was measured of boxes of one shape: bytes as the server counts them."""

    boxes: int
    frames: int
    """In each."""
    primary: float
    """For each frame, with its share of the box."""
    replica: float
    """The same at a replica."""
    empty: float
    """For each box after all its frames were trimmed."""


class Memory(msgspec.Struct, frozen=True):
    """A whole run."""

    machine: str
    engine: str
    frame_bytes: int
    load: float
    """Of the machine, over a minute, before it."""
    shapes: list[Shape]
    resident: float
    """Bytes that the machine gives for each that the server counts, on a node that was used for a while."""

    @property
    def box_bytes(self) -> float:
        """Of a box without frames."""
        return max(self.shapes, key=lambda shape: shape.boxes).empty  # with few, other memory of a server counts more

    @property
    def stored_bytes(self) -> float:
        """Of a frame without its box."""
        return median(shape.primary - shape.empty / shape.frames for shape in self.shapes)


def measure(shapes: tuple[tuple[int, int], ...] = SHAPES, used: tuple[int, int, int] = USED) -> Memory:
    """Fill boxes of every shape, each on nodes that were started for it."""
    load = os.getloadavg()[0]
    found = [_on_nodes(partial(_fill, boxes=boxes, frames=frames)) for boxes, frames in shapes]
    version, resident = _on_nodes(partial(_use, boxes=used[0], frames=used[1], rounds=used[2]))
    return Memory(describe(), version, FRAME_BYTES, load, found, resident)


def _on_nodes(work: Callable[[EngineCluster, Driver], Awaitable[T]]) -> T:
    """Do it with a primary and a replica whose backlogs are full: what they take is no frame's."""

    async def all_of_it() -> T:
        keeper = await connect_driver(cluster.address, KEEPER)
        await load_functions(keeper)
        await keeper.close()
        driver = await connect_driver(cluster.address, RELAY, answer_ms=60_000)
        try:
            keys = _keys(1 + BACKLOG_BYTES * 5 // 4 // FRAME_BYTES)
            await _append(driver, keys)
            await _trim(driver, keys, 1)
            await _until_followed(cluster)
            for node in cluster.primaries():
                await driver.ask_node(
                    f"{node.machine.host}:{node.port}", (b"FCALL", SWEEP, b"0", b"0", b"100000", b"4000000")
                )
            await _until_followed(cluster)
            return await work(cluster, driver)
        finally:
            await driver.close()

    with tempfile.TemporaryDirectory() as name:
        cluster = EngineCluster(Path(name) / "engine", replicas=1, overrides={"maxmemory": _MEMORY})
        try:
            return asyncio.run(all_of_it())
        finally:
            cluster.close()


async def _fill(cluster: EngineCluster, driver: Driver, *, boxes: int, frames: int) -> Shape:
    primary, keys = cluster.nodes[0], _keys(boxes)
    before = [_used(node) for node in cluster.nodes]
    for _ in range(frames):
        await _append(driver, keys)
    await _until_followed(cluster)
    full = [_used(node) for node in cluster.nodes]
    await _trim(driver, keys, frames)
    empty = (_used(primary) - before[0]) / boxes
    grown = [(after - at_first) / boxes / frames for after, at_first in zip(full, before, strict=True)]
    return Shape(boxes, frames, grown[0], grown[1], max(0.0, empty))


async def _use(cluster: EngineCluster, driver: Driver, *, boxes: int, frames: int, rounds: int) -> tuple[str, float]:
    primary, keys = cluster.nodes[0], _keys(boxes)
    for _ in range(frames):
        await _append(driver, keys)
        await _until_followed(cluster)  # else much of what the machine gave was on its way to the replica
    for number in range(1, rounds + 1):
        count = frames // 3
        await _trim(driver, keys[number % 2 :: 2], number * count)
        for _ in range(count):
            await _append(driver, keys[number % 2 :: 2])
            await _until_followed(cluster)
    primary.ask("MEMORY", "PURGE")  # what was freed is given back in time, and is not waited for here
    resident = _bytes(primary, "used_memory_rss") / _bytes(primary, "used_memory")
    return _said(primary, "server", "redis_version"), resident


def _keys(count: int) -> list[bytes]:
    return [PREFIX + secrets.token_bytes(32) for _ in range(count)]


async def _append(driver: Driver, keys: Sequence[bytes]) -> None:
    terms = Terms(Limits(), secrets.randbits)
    await _call(driver, [(b"FCALL", APPEND, b"1", key, os.urandom(FRAME_BYTES), terms.of_box()) for key in keys])


async def _trim(driver: Driver, keys: Sequence[bytes], upto: int) -> None:
    await _call(driver, [(b"FCALL", TRIM, b"1", key, b"%d" % upto) for key in keys])


async def _call(driver: Driver, commands: list[tuple[bytes, ...]]) -> None:
    for at in range(0, len(commands), AT_ONCE):
        for reply in await driver.call(commands[at : at + AT_ONCE]):
            if isinstance(reply, Exception):
                raise reply


async def _until_followed(cluster: EngineCluster) -> None:
    """Return when the replica has all that its primary has."""
    offsets = {int(_said(node, "replication", "master_repl_offset")) for node in cluster.nodes}
    while len(offsets) > 1:
        await asyncio.sleep(0.05)
        offsets = {int(_said(node, "replication", "master_repl_offset")) for node in cluster.nodes}


def _used(node: Node) -> int:
    """Without what is on its way to a replica or a client: that differs from moment to moment."""
    return _bytes(node, "used_memory") - sum(_bytes(node, name) for name in _PASSING)


def _bytes(node: Node, name: str) -> int:
    return int(_said(node, "memory", name))


def _said(node: Node, section: str, name: str) -> str:
    """One value of what a node says of itself."""
    found = re.search(rf"^{name}:(\S+)", node.ask("INFO", section), re.MULTILINE)
    assert found is not None
    return found[1]
