"""What our relay costs by default, of ours only: POSTs on connections of their own, pollers' answers, waits, memory.

Nothing is compared here; docs/capacity.md is computed from it. CPU is the server's for one of what is counted.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Literal

from bench.peers.interface import NotOffered, Running, Session
from bench.peers.records import Socket, record
from bench.peers.relay import RelaySession
from bench.speed.workloads import PAIRS, WARM_S, Extent, Measured, Watch, Workload
from nullabona.wire.messages import AnyResponse, Appended, Frames, decode_response

Kind = Literal["append", "read", "look"]

READERS: Final = 5
"""Devices that a box's wake tokens are for."""
APPENDS_PER_S: Final = 200
ACTIVE: Final = 1_000
"""Boxes that are appended to in turn, so that hardly one is twice in an activity digest."""
POLLERS: Final = 2_000
PAUSES_S: Final = (0.05, 0.15)
"""From an answer to what is asked next: a tenth of a second, sooner and later by what networks differ. Drawn evenly."""
LONG_S: Final = 120
CLIENTS: Final = 2_000
"""A polling client that also waits at an inbox, for what it takes of memory."""
CONNECTIONS: Final = 2
"""Of each of them."""
WAITERS: Final = 2_000
"""Who waits at an inbox, a second at a time."""


def posts(kind: Kind) -> Callable[[Running, Session, Extent], Awaitable[Measured]]:
    """POSTs a second, `PAIRS` at a time, while one hears: they append, or read a frame, or look and find nothing."""

    async def run(running: Running, session: Session, extent: Extent) -> Measured:
        relay = _ours(session)
        poster = relay.poster()
        await relay.hear(PAUSES_S[0], _ignore)
        first = {"append": 6_000_000, "read": 6_100_000, "look": 6_200_000}[kind]
        boxes = range(first, first + PAIRS)
        for box in boxes:
            _check("append", await poster.post(relay.codec.append(box, relay.payload, READERS)))
        done = 0

        async def work(box: int) -> None:
            nonlocal done
            read = relay.codec.read(box, int(kind == "look"), 0)
            body = relay.codec.append(box, relay.payload, READERS) if kind == "append" else read
            while True:
                _check(kind, await poster.post(body))
                done += 1

        async with _meanwhile(*(work(box) for box in boxes)):
            await asyncio.sleep(WARM_S)
            watch, before, sent, received = Watch(running), done, poster.sent, poster.received
            await asyncio.sleep(extent.window_s)
            count = done - before
            measured = watch.end(lambda passed: count / passed, count=count)
        sizes = {"up_bytes": (poster.sent - sent) / count, "down_bytes": (poster.received - received) / count}
        return replace(measured, details=measured.details | sizes)

    return run


async def kept(running: Running, session: Session, extent: Extent) -> Measured:
    """POSTs a second that append, `PAIRS` at a time, each on a connection that is kept, while one hears."""
    relay, done = _ours(session), 0
    await relay.hear(PAUSES_S[0], _ignore)
    posters = [relay.kept_poster() for _ in range(PAIRS)]

    async def work(number: int) -> None:
        nonlocal done
        body = relay.codec.append(6_300_000 + number, relay.payload, READERS)
        while True:
            _check("append", await posters[number].post(body))
            done += 1

    try:
        async with _meanwhile(*map(work, range(PAIRS))):
            await asyncio.sleep(WARM_S)
            watch, before = Watch(running), done
            await asyncio.sleep(extent.window_s)
            count = done - before
            return watch.end(lambda passed: count / passed, count=count)
    finally:
        for poster in posters:
            poster.close()


def _check(kind: Kind, answer: AnyResponse) -> None:
    if kind == "append":
        assert isinstance(answer, Appended), answer
    else:
        assert isinstance(answer, Frames), answer
        assert len(answer.frames) == (kind == "read")


async def hear(running: Running, session: Session, extent: Extent) -> Measured:
    """Microseconds of the server for an answer to one of many polling clients, beyond what the same appends take with
    one.
    """
    relay, told = _ours(session), _Told()
    pauses = (PAUSES_S[0] + (PAUSES_S[1] - PAUSES_S[0]) * index / POLLERS for index in itertools.count())
    return await _told(running, extent, relay, told, lambda: relay.hear(next(pauses), told))


async def follow(running: Running, session: Session, extent: Extent) -> Measured:
    """The same of clients that are told by themselves what they would poll for."""
    relay, told = _ours(session), _Told()
    return await _told(running, extent, relay, told, lambda: relay.follow(told))


async def _told(
    running: Running, extent: Extent, relay: RelaySession, told: _Told, one_more: Callable[[], Awaitable[None]]
) -> Measured:
    await one_more()
    async with _meanwhile(_append_steadily(relay)):
        await asyncio.sleep(WARM_S)
        alone = await _rate(running, 2 * extent.window_s, lambda: told.answers)
        for _ in range(1, POLLERS):
            await one_more()
        await asyncio.sleep(2 * WARM_S)
        tags, answers = told.tags, told.answers
        many = await _rate(running, 2 * extent.window_s, lambda: told.answers)
    details = {
        "pollers": POLLERS,
        "answers_per_s": many.value,
        "appends_per_s": APPENDS_PER_S,
        "marks": (told.tags - tags) / (told.answers - answers),
        "alone_us": alone.server_cores / APPENDS_PER_S * 1e6,
    }
    cost_us = (many.server_cores - alone.server_cores) / (many.value - alone.value) * 1e6
    return replace(many, value=cost_us, details=details)


class _Told:
    """What pollers were told, all together."""

    def __init__(self) -> None:
        self.answers = 0
        self.tags = 0

    def __call__(self, tags: int) -> None:
        self.answers += 1
        self.tags += tags


async def _append_steadily(relay: RelaySession) -> None:
    """One append after another at even intervals, over one WebSocket, each to another box."""
    socket = Socket(lambda _, body: _check("append", decode_response(body)), _nothing)
    await relay.connect(socket)
    messages = [record(relay.codec.append(7_000_000 + box, relay.payload, READERS)) for box in range(ACTIVE)]
    clock = asyncio.get_running_loop().time
    begun = clock()
    for count, message in enumerate(itertools.cycle(messages)):
        await asyncio.sleep(begun + count / APPENDS_PER_S - clock())
        socket.send(message)


async def hears(running: Running, session: Session, extent: Extent) -> Measured:
    """KiB of memory for each client that hears and waits at its inbox, on a connection each; and how they come.

    And what they cost while nothing is active and nothing comes, in microseconds of the server a second.
    """
    relay = _ours(session)
    gate = asyncio.Semaphore(64)

    async def one(number: int) -> None:
        async with gate:
            await relay.hear(PAUSES_S[0], _ignore)
            await relay.wait_at(8_000_000 + number, LONG_S, _nothing)

    empty = await _calm_cores(running, extent)
    before = running.process.memory_bytes()
    watch = Watch(running)
    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    connected = watch.end(lambda passed: CLIENTS / passed, clients=CLIENTS)
    await asyncio.sleep(1.0)
    each = (running.process.memory_bytes() - before) / CLIENTS / 1_024
    calm = await _calm_cores(running, extent)
    details = {
        "connects_per_s": connected.value,
        "connect_us": connected.server_cores / connected.value / CONNECTIONS * 1e6,
        "idle_us": max(0.0, calm - empty) / CLIENTS * 1e6,
    }
    return replace(connected, value=each, details=connected.details | details)


async def _calm_cores(running: Running, extent: Extent) -> float:
    """What the server uses of its core while nothing happens; not what it does once a minute (pings, or the like)."""
    seconds = [await _rate(running, extent.window_s / 1.5, lambda: 0) for _ in range(5)]
    return statistics.median(second.server_cores for second in seconds)


async def waits(running: Running, session: Session, extent: Extent) -> Measured:
    """Waits at inboxes that end without news a second, each begun again."""
    relay = _ours(session)
    count = 0

    def ended() -> None:
        nonlocal count
        count += 1

    for number in range(WAITERS):
        await relay.wait_at(9_000_000 + number, 1, ended)
    await asyncio.sleep(WARM_S)
    return await _rate(running, 2 * extent.window_s, lambda: count)


async def _rate(running: Running, seconds: float, count: Callable[[], int]) -> Measured:
    """How many more there are a second."""
    watch, before = Watch(running), count()
    await asyncio.sleep(seconds)
    done = count() - before
    return watch.end(lambda passed: done / passed, count=done)


@asynccontextmanager
async def _meanwhile(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """It goes on until the block ends; what failed of it is raised then."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # in which what they hung up is closed


def _ours(session: Session) -> RelaySession:
    if not isinstance(session, RelaySession):
        raise NotOffered("nobody hears there")
    return session


def _ignore(_: int) -> None:
    """What was told is of no interest."""


def _nothing() -> None:
    """Nothing."""


APART: Final = (
    Workload("post-append", "POSTs that append a frame", "POSTs/s", 1, posts("append")),
    Workload("post-kept", "POSTs that append a frame, on kept connections", "POSTs/s", 1, kept),
    Workload("post-read", "POSTs that read a frame", "POSTs/s", 1, posts("read")),
    Workload("post-look", "POSTs that find nothing", "POSTs/s", 1, posts("look")),
    Workload("hear", f"An answer to one of {POLLERS:,} who hear", "server µs", -1, hear),
    Workload("follow", f"An answer to one of {POLLERS:,} who follow", "server µs", -1, follow),
    Workload("inbox", "Waits at an inbox without news", "waits/s", 1, waits),
    Workload("hears", "Clients that hear and wait at their inboxes", "KiB each", -1, hears, fresh=True),
)
"""In place of `bench.speed.workloads.WORKLOADS`."""
