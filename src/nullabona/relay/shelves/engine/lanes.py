"""Requests on their way to an engine: per shard, one batch at a time (spec/engine.md §3).

Whatever arrived while one batch was under way is the next, so that appends of one caller to one box keep their order,
and a relay that has much to do asks in few, large batches.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from nullabona.relay.shelves.engine.driver import Command, Driver, Reply, SlotMap

BATCH: Final = 512
"""Most requests in one batch."""
BATCH_BYTES: Final = 4 * 2**20
"""A batch that holds this much takes no more."""
REQUEST_BYTES: Final = 512
"""Bytes that a request takes beside its frame."""


@dataclass(slots=True)
class Request:
    """A command. Who asks adds what the reply is for."""

    command: Command
    size: int
    """Bytes that it takes, about."""


R = TypeVar("R", bound=Request)


class Lane(Generic[R]):
    """What waits for one shard, and what is under way there."""

    __slots__ = ("busy", "bytes", "queue")

    def __init__(self) -> None:
        self.queue: deque[R] = deque()
        self.busy = False
        self.bytes = 0


class Lanes(Generic[R]):
    """All requests of one kind, such as reads. ``done`` gets each batch with its replies, in order.

    ``begun`` is called when a batch is made. ``width``: most requests in one.
    """

    def __init__(
        self,
        driver: Driver,
        done: Callable[[Sequence[R], Sequence[Reply]], None],
        *,
        begun: Callable[[], None] = lambda: None,
        width: int = BATCH,
    ) -> None:
        self._driver = driver
        self._done = done
        self._begun = begun
        self._width = width
        self._slots = SlotMap([])
        self._lanes: dict[str, Lane[R]] = {}
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.bytes = 0
        """Of everything that waits or is under way."""

    def follow(self, slots: SlotMap) -> None:
        """From now on shards are these."""
        self._slots = slots

    def node_of(self, key: bytes) -> str:
        """The shard that has this key, as far as is known."""
        return self._slots.node_of(key)

    def lane_of(self, key: bytes) -> Lane[R]:
        """The lane of the shard that has this key."""
        node = self._slots.node_of(key)
        lane = self._lanes.get(node)
        if lane is None:
            lane = self._lanes[node] = Lane()
        return lane

    def put(self, lane: Lane[R], request: R) -> None:
        """Ask in the lane's next batch."""
        size = request.size
        lane.queue.append(request)
        lane.bytes += size
        self.bytes += size
        if not lane.busy:
            lane.busy = True
            self._loop.call_soon(self._go, lane)

    async def drain(self) -> None:
        """Return when nothing waits and nothing is under way."""
        while self._tasks or any(lane.busy for lane in self._lanes.values()):
            await (asyncio.wait(self._tasks) if self._tasks else asyncio.sleep(0))

    def _go(self, lane: Lane[R]) -> None:
        batch: list[R] = []
        size, queue = 0, lane.queue
        while queue and len(batch) < self._width and size <= BATCH_BYTES:
            request = queue.popleft()
            size += request.size
            batch.append(request)
        self._begun()
        task = self._loop.create_task(self._ask(lane, batch, size))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, lane: Lane[R], batch: list[R], size: int) -> None:
        replies = await self._driver.call([request.command for request in batch])
        lane.bytes -= size
        self.bytes -= size
        if lane.queue:
            self._loop.call_soon(self._go, lane)
        else:
            lane.busy = False
        self._done(batch, replies)


class Chores:
    """Tasks that nobody waits for, but a stop does. ``failed`` gets what one raised."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin it, unless it is under way."""
        if name not in self._tasks:
            self._tasks[name] = asyncio.get_running_loop().create_task(self._do(name, work))

    async def drain(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def _do(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - handed to ``failed``, which decides
            self._failed(error)
        finally:
            del self._tasks[name]
