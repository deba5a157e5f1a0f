"""The workloads. Each drives one running server and returns one figure; the loop is closed and the payload 1 KiB."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from bench.peers.interface import NotOffered, Running, Session
from bench.peers.lane import Lane
from bench.peers.records import RecordSession
from bench.speed.arithmetic import percentile
from bench.speed.machine import busy_s

PAIRS: Final = 50
MEMBERS: Final = 100
BOXES: Final = 21
"""That a client with twenty rooms waits for: theirs and its inbox."""
OUTSTANDING: Final = 32
WARM_S: Final = 0.6
DRAIN_S: Final = 3.0
WAITING_S: Final = 5.0
LIMIT_S: Final = 45.0
"""A workload that takes longer is given up: the server stopped answering."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How long and how much. The defaults are those of the recorded page."""

    window_s: float = 1.5
    stored: int = 10_000
    store_s: float = 12.0
    """No more is stored once this has passed: a server with a transaction per message would take minutes."""
    idle: int = 5_000
    registrations: int = 2_000
    register_s: float = 6.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, and who used the machine while it was measured."""

    value: float
    seconds: float
    server_cores: float
    loader_cores: float
    other_cores: float
    details: dict[str, float] = field(default_factory=dict)
    left: int = 0
    """Messages that were still on their way when patience ended: the server is not fit for another workload."""


class Watch:
    """Who uses the machine from now on."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._server, self._loader, self._busy = running.process.cpu_s(), time.process_time(), busy_s()
        self._begun = time.perf_counter()

    def end(self, value: Callable[[float], float], **details: float) -> Measured:
        """What ``value`` makes of the seconds that passed."""
        passed = time.perf_counter() - self._begun
        server, loader = self._running.process.cpu_s() - self._server, time.process_time() - self._loader
        other = max(0.0, busy_s() - self._busy - server - loader)
        return Measured(value(passed), passed, server / passed, loader / passed, other / passed, details)


@dataclass(frozen=True, slots=True)
class Workload:
    """A name, what its figure is, and how it is got. ``better`` is +1 where more is better, -1 where less is."""

    name: str
    title: str
    unit: str
    better: int
    run: Callable[[Running, Session, Extent], Awaitable[Measured]]
    fresh: bool = False
    """Needs a server that has just begun: what it frees later would be missing from what it takes."""


async def latency(running: Running, session: Session, extent: Extent) -> Measured:
    """One pair, one message at a time: milliseconds from sending to delivered, and told where there is telling."""
    lane = await session.lane(1, 1)
    until = time.perf_counter() + WARM_S / 2
    while time.perf_counter() < until:
        await lane.one()
    times: list[float] = []
    watch = Watch(running)
    until = time.perf_counter() + extent.window_s
    while (begun := time.perf_counter()) < until:
        await lane.one()
        times.append((time.perf_counter() - begun) * 1e3)
    return watch.end(lambda _: percentile(times, 0.5), p99=percentile(times, 0.99), count=len(times))


def throughput(lanes: int, receivers: int, outstanding: int) -> Callable[..., Awaitable[Measured]]:
    """Deliveries a second when every sender always has so many messages on their way."""

    async def run(running: Running, session: Session, extent: Extent) -> Measured:
        base = 1_000 * receivers + 100 * outstanding
        opened = [await session.lane(base + number, receivers) for number in range(lanes)]
        for lane in opened:
            lane.open(outstanding)
        await asyncio.sleep(WARM_S)
        watch, before = Watch(running), _delivered(opened)
        await asyncio.sleep(extent.window_s)
        done = _delivered(opened) - before
        measured = watch.end(lambda passed: done / passed, count=done)
        for lane in opened:
            lane.open(0)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(lane.drained() for lane in opened)), DRAIN_S)
        return replace(measured, left=sum(lane.sent - lane.finished for lane in opened))

    return run


def _delivered(lanes: Sequence[Lane]) -> int:
    return sum(lane.delivered for lane in lanes)


async def stored(running: Running, session: Session, extent: Extent) -> Measured:
    """Messages a second that a reader gets who was away while they came."""
    box, begun, count, some = 500_000, time.perf_counter(), 0, 50
    while count < extent.stored and time.perf_counter() - begun < extent.store_s:
        some = min(some, extent.stored - count)
        await session.store(box, some)
        count += some
        some = min(2 * some, 1_000)
    kept_s = time.perf_counter() - begun
    watch = Watch(running)
    await session.fetch(box, count)
    return watch.end(lambda passed: count / passed, count=count, stored_per_s=count / kept_s)


async def idle(running: Running, session: Session, extent: Extent) -> Measured:
    """KiB of memory for each client that is connected and does nothing; and how fast they connect."""
    numbers = range(1_000_000, 1_000_000 + extent.idle)
    await session.introduce(numbers)
    before = running.process.memory_bytes()
    gate = asyncio.Semaphore(64)

    async def one(number: int) -> None:
        async with gate:
            await session.idle(number)

    watch = Watch(running)
    await asyncio.gather(*(one(number) for number in numbers))
    connected = watch.end(lambda passed: extent.idle / passed)
    await asyncio.sleep(1.0)
    each = (running.process.memory_bytes() - before) / extent.idle / 1_024
    return Measured(
        each,
        connected.seconds,
        connected.server_cores,
        connected.loader_cores,
        connected.other_cores,
        {"connects_per_s": connected.value, "clients": extent.idle},
    )


async def in_rooms(running: Running, session: Session, extent: Extent) -> Measured:
    """KiB of memory for each client that waits for its inbox and twenty rooms; of our own servers only."""
    if not isinstance(session, RecordSession):
        raise NotOffered("one subscription serves all rooms of a client")
    clients = extent.idle // 5
    before = running.process.memory_bytes()
    watch = Watch(running)
    for number in range(clients):
        await session.idle_in(range(2_000_000 + number * BOXES, 2_000_000 + (number + 1) * BOXES))
    connected = watch.end(lambda passed: clients / passed)
    await asyncio.sleep(1.0)
    each = (running.process.memory_bytes() - before) / clients / 1_024
    details = {"clients": clients, "connects_per_s": connected.value}
    with suppress(NotOffered):
        details["wait_us"] = await _still_waiting(running, session, clients // 5)
    return replace(connected, value=each, details=details)


async def _still_waiting(running: Running, session: RecordSession, clients: int) -> float:
    """Microseconds of the server for a wait that ends without news, the look into the box, and the next wait."""
    count = 0

    def counted() -> None:
        nonlocal count
        count += 1

    for number in range(clients):
        first = 4_000_000 + number * BOXES
        await session.keep_waiting(range(first, first + BOXES), counted)
    await asyncio.sleep(WARM_S)
    watch, before = Watch(running), count
    await asyncio.sleep(WAITING_S)
    done = count - before
    ended = watch.end(lambda passed: done / passed, count=done)
    return ended.server_cores * 1e6 / ended.value


async def registrations(running: Running, session: Session, extent: Extent) -> Measured:
    """Accounts made a second, 64 at a time, each on a connection of its own; of those that are made in time."""
    numbers = range(extent.registrations)
    await session.prepare(numbers)
    left = iter(numbers)
    made = 0
    watch = Watch(running)
    ended = False

    async def work() -> None:
        nonlocal made
        for number in left:
            if ended:
                return
            await session.register(number)
            made += 1

    working = [asyncio.create_task(work()) for _ in range(64)]
    await asyncio.wait(working, timeout=extent.register_s)
    ended = True
    measured = watch.end(lambda passed: made / passed, count=made)
    await asyncio.gather(*working)
    return measured


WORKLOADS: Final = (
    Workload("pair", "One pair, one message at a time", "ms, median", -1, latency),
    Workload("pairs-1", "50 pairs, one message at a time each", "messages/s", 1, throughput(PAIRS, 1, 1)),
    Workload("pairs-32", "50 pairs, 32 on their way each", "messages/s", 1, throughput(PAIRS, 1, OUTSTANDING)),
    Workload("room-1", "A room of 100, one message at a time", "deliveries/s", 1, throughput(1, MEMBERS, 1)),
    Workload("room-32", "A room of 100, 32 on their way", "deliveries/s", 1, throughput(1, MEMBERS, OUTSTANDING)),
    Workload("stored", "10,000 stored messages fetched", "messages/s", 1, stored),
    Workload("idle", "5,000 idle clients", "KiB each", -1, idle, fresh=True),
    Workload("in-rooms", "Idle clients in twenty rooms each", "KiB each", -1, in_rooms, fresh=True),
    Workload("register", "Registrations", "accounts/s", 1, registrations),
)
TALK: Final = WORKLOADS[:5]
"""Repeated in every turn; the others once or twice, as they take long."""


async def measure(workload: Workload, running: Running, extent: Extent) -> Measured:
    """One workload with clients of its own. Raises what the peer raises, or `TimeoutError`."""
    session = running.session()
    try:
        return await asyncio.wait_for(workload.run(running, session, extent), LIMIT_S)
    finally:
        await session.close()
