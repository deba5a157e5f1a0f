"""A running relay: sockets, threads, the clock, start and stop. Decides nothing about boxes (spec/relay.md)."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from picows import WSCloseCode

from nullabona.errors import NullabonaError
from nullabona.machine.doorway import comes_from_near
from nullabona.machine.listening import Listening, listen_at
from nullabona.machine.lock import FolderLock
from nullabona.machine.opening import opening
from nullabona.machine.settings import Endpoint
from nullabona.machine.timekeeping import ClockGuard
from nullabona.machine.tls import end_of, reload, server_context
from nullabona.relay.arriving import Arriving
from nullabona.relay.blobs import BlobService
from nullabona.relay.clock import Clock
from nullabona.relay.config import Config
from nullabona.relay.core.space import Space
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.figures import figures_of
from nullabona.relay.front import Front
from nullabona.relay.handover import websocket_protocol
from nullabona.relay.journal import Submits
from nullabona.relay.metrics import Figures, Metrics
from nullabona.relay.service import BoxService
from nullabona.relay.shortage import Shortage
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.interface import BlobStore, BoxStore
from nullabona.relay.store.memory import MemoryBlobStore, MemoryBoxStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.turned_away import TurnedAway
from nullabona.relay.turns import Turns
from nullabona.relay.unsent import Unsent
from nullabona.relay.websocket import WebSocket
from nullabona.relay.writer import InlineWriter, Writer
from nullabona.wire.service import Measured, Publisher, Resident, Service

_BACKLOG: Final = 1_024
_TICK_S: Final = 1.0
_FAREWELL_S: Final = 1.0
DRAIN_S: Final = 20.0
"""How long a relay that is drained takes to say goodbye."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a relay keeps things."""

    boxes: BoxStore
    blobs: BlobStore
    lock: FolderLock | None = None

    def close(self) -> None:
        """Close everything."""
        self.boxes.close()
        if self.lock is not None:
            self.lock.close()


def open_stores(config: Config) -> Stores:
    """The stores of ``config``. Raises `FolderInUse`, `NotOurs` or `PathUnusable`."""
    if config.data is None:
        return Stores(MemoryBoxStore(), MemoryBlobStore())
    with opening(config.data):
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FolderLock(config.data)
    try:
        return Stores(SqliteBoxStore(config.data), FileBlobStore(config.data), lock)
    except BaseException:
        lock.close()
        raise


class Relay:
    """One relay. Create it on a running loop; `start`, then `stop` once."""

    def __init__(
        self,
        config: Config,
        stores: Stores,
        services: Sequence[Service] = (),
        clock: Clock | None = None,
        guard: ClockGuard | None = None,
    ) -> None:
        self.limits = config.limits
        self.metrics = Metrics()
        self.unsent = Unsent(config.limits.unsent_total_bytes)
        self.arriving = Arriving(config.limits.arriving_total_bytes, self._everybody)
        self.turns = Turns()
        self.turned_away = TurnedAway(config.limits, self.metrics)
        self.stopping = False
        self.draining: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[NullabonaError | None] = asyncio.get_running_loop().create_future()
        self._config = config
        self._stores = stores
        self._services = services
        self._clock = clock or Clock()
        self._guard = guard or ClockGuard()
        self._loop = asyncio.get_running_loop()
        self._writer: Submits = Writer(self._loop) if stores.boxes.durable else InlineWriter(self._loop)
        self.space = Space(config.limits)
        self._shortage = Shortage(self.space)
        self.boxes = BoxService(
            stores.boxes, self._writer, config.limits, self.metrics, rng=secrets.randbits, on_gone=self.end,
            space=self.space,
        )  # fmt: skip
        self.blobs = BlobService(stores.blobs, config.limits, self.metrics, self.space)
        self.dispatcher = Dispatcher(
            {**self.boxes.operations(), **self.blobs.operations()}, services, config.limits, self.metrics, self.space
        )
        for service in services:
            if isinstance(service, Resident):
                service.settle_in(self)
        self._fronts: set[Front] = set()
        self._sockets: set[WebSocket] = set()
        self._servers: list[Listening] = []
        self._empty = asyncio.Event()
        self._context: ssl.SSLContext | None = None
        self._certificate_end: int | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._ping_at = self._clock.now() + config.limits.ping_s

    async def start(self) -> list[str]:
        """Listen; the addresses listened on, as URLs."""
        if self._config.tls:
            self._context = server_context(self._config.tls)
            self._certificate_end = end_of(self._config.tls)
        self._tick()
        return [await self._listen(endpoint, self._context) for endpoint in self._config.listen]

    @property
    def certificate_has_expired(self) -> bool:
        """Whether clients refuse the TLS certificate because its time is over."""
        return self._certificate_end is not None and self._certificate_end <= time.time()

    def reload(self) -> bool:
        """Reload the TLS certificate from its files, for connections from now on; False if there is none to load.

        Raises `UserError` if the files cannot be used: then the one there was stays.
        """
        if self._context is None or self._config.tls is None:
            return False
        reload(self._context, self._config.tls)
        self._certificate_end = end_of(self._config.tls)
        return True

    async def drain(self, spread_s: float = DRAIN_S) -> None:
        """Take no new connection, say goodbye to those that are there one after another, then end.

        Clients come back at random moments by themselves; spread out, they do not all come at once.
        """
        for server in self._servers:
            server.close()
        sockets = list(self._sockets)
        for socket in sockets:
            socket.close(WSCloseCode.GOING_AWAY, "the relay is stopping")
            await asyncio.sleep(spread_s / len(sockets))
        if not self.ended.done():
            self.ended.set_result(None)

    async def stop(self) -> None:
        """Stop accepting, answer waiting reads with what there is, finish writing, say goodbye, close the stores."""
        self.stopping = True
        for server in self._servers:
            server.close()
        if self._ticker is not None:
            self._ticker.cancel()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._drain(), self.limits.stop_s)
        for socket in list(self._sockets):
            socket.close(WSCloseCode.GOING_AWAY, "the relay is stopping")
        for front in list(self._fronts):
            front.close()
        await self._farewell()
        await self._loop.run_in_executor(None, self._writer.stop)
        self._stores.close()

    # -- what connections call

    def opened(self, front: Front) -> bool:
        """A connection came; whether it may stay."""
        if self.stopping:
            return False
        if len(self._fronts) + len(self._sockets) >= self.limits.connections:
            self.turned_away.is_full()
            return False
        self._fronts.add(front)
        return True

    def closed(self, front: Front) -> None:
        """A front has ended or handed its connection over."""
        self._fronts.discard(front)
        self._note_empty()

    def caller_left(self, front: Front) -> None:
        """The caller of a POST has gone."""
        self.boxes.leave(front)

    def entered(self, socket: WebSocket) -> None:
        """A WebSocket has begun."""
        self._sockets.add(socket)

    def left(self, socket: WebSocket) -> None:
        """A WebSocket has ended."""
        self._sockets.discard(socket)
        self.boxes.leave(socket)
        self._note_empty()

    @property
    def trouble(self) -> str:
        """What keeps it from keeping anything now; empty if nothing does."""
        short = "short of disk: nothing new is kept" if self.space.short else ""
        damage = f"a database is damaged: {found}" if (found := self.metrics.faults.damage) else ""
        theirs = [service.trouble for service in self._services if isinstance(service, Resident)]
        return "; ".join(filter(None, ("cannot write" if self.boxes.cannot_write else "", short, damage, *theirs)))

    @property
    def unready(self) -> str:
        """Why no new people should be sent here now; empty if they may. What is in trouble is not ready either."""
        told = (service.standstill() for service in self._services if isinstance(service, Measured))
        return "; ".join(filter(None, (self.trouble, *told)))

    def metrics_text(self, transport: asyncio.Transport) -> str | None:
        """What /metrics shows to the other end of a connection; None if it is nobody who may see it."""
        return self.metrics.text() if self._config.metrics_for_all or comes_from_near(transport) else None

    def log_file(self, path: str) -> bytes | None:
        """A public file of a service beside the relay."""
        found = (service.file(path) for service in self._services if isinstance(service, Publisher))
        return next((data for data in found if data is not None), None)

    def websocket_protocol(self) -> asyncio.BufferedProtocol:
        """A protocol for a connection that becomes a WebSocket."""
        socket = WebSocket(self.dispatcher, self.limits, self)
        return websocket_protocol(socket, socket, self.limits.message_bytes)

    # -- inside

    def _everybody(self) -> list[Front | WebSocket]:
        return [*self._fronts, *self._sockets]

    async def _listen(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> str:
        server = await listen_at(
            endpoint, lambda: Front(self), backlog=_BACKLOG, context=context, handshake_s=self.limits.head_timeout_s,
            on_full=self.turned_away.has_no_file,
        )  # fmt: skip
        self._servers.append(server)
        return endpoint.url(server, secure=context is not None)

    def _tick(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        now = self._clock.now()
        day = self._clock.day() if self._guard.check() else self._guard.day
        self.boxes.tick(now, day)
        self._shortage.look(now)
        self.blobs.tick(now, day)
        self.metrics.connections = len(self._fronts) + len(self._sockets)
        self.metrics.publish(now, self._figures)
        self.unsent.recount(self._everybody())
        self.arriving.recount()
        if now >= self._ping_at:
            self._ping_at = now + self.limits.ping_s
            for socket in list(self._sockets):
                socket.check_alive()
        self._ticker = self._loop.call_later(_TICK_S, self._tick)

    def _figures(self) -> Figures:
        return figures_of(
            self.limits, self.space, self._services, blob_bytes=self.blobs.today_bytes,
            clock_stands=not self._guard.is_believed,
            certificate_end=self._certificate_end,
        )  # fmt: skip

    async def _drain(self) -> None:
        await self.dispatcher.stop()
        await self.boxes.stop()
        await self.blobs.stop()
        for service in self._services:
            await service.close()

    async def _farewell(self) -> None:
        """Wait until connections have gone, but not for long."""
        self._note_empty()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._empty.wait(), _FAREWELL_S)

    def _note_empty(self) -> None:
        if self.stopping and not self._sockets and not self._fronts:
            self._empty.set()

    def note(self, kind: str, error: BaseException) -> None:
        """Count a failure of a service beside the relay, and log its name."""
        self.metrics.faults.note(kind, error)

    def end(self, error: NullabonaError) -> None:
        """Stop this process, which then says ``error``."""
        if not self.ended.done():
            self.ended.set_result(error)
