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
from nullabona.machine.deadlines import Deadlines
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
from nullabona.relay.core.places import place_of
from nullabona.relay.core.space import Space
from nullabona.relay.digest_log import DigestLog
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.figures import figures_of
from nullabona.relay.front import Front
from nullabona.relay.handover import websocket_protocol
from nullabona.relay.metrics import Figures, Metrics
from nullabona.relay.post_head import post_head
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.engine.peers import Peers
from nullabona.relay.shelves.engine.shared_blobs import SharedBlobs
from nullabona.relay.shelves.journal import Submits
from nullabona.relay.shelves.port import Shelf
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.shortage import Shortage
from nullabona.relay.store.bucket_opening import open_bucket
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.fresh import FreshBlobs
from nullabona.relay.store.interface import BlobStore, BoxStore
from nullabona.relay.store.memory import MemoryBlobStore, MemoryBoxStore
from nullabona.relay.store.shared_bucket import SharedBucket
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.turned_away import TurnedAway
from nullabona.relay.turns import Turns
from nullabona.relay.unsent import Unsent
from nullabona.relay.wake_link import WakeLink
from nullabona.relay.websocket import WebSocket
from nullabona.relay.writer import InlineWriter, Writer
from nullabona.wire.endpoint import path_of
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
    room: SharedBlobs | None = None
    """Where blobs of several processes wait for their bucket."""

    def close(self) -> None:
        """Close everything."""
        self.boxes.close()
        if isinstance(self.blobs, FreshBlobs | SharedBucket) and self.blobs.use is not None:
            self.blobs.use.release()
        if self.lock is not None:
            self.lock.close()


def open_stores(config: Config) -> Stores:
    """The stores of ``config``. Raises `FolderInUse`, `NotOurs`, `PathUnusable`, or what `open_bucket` raises."""
    if config.data is None:
        blobs, room = _open_blobs(config)
        return Stores(MemoryBoxStore(), blobs, room=room)
    with opening(config.data):
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FolderLock(config.data)
    try:
        blobs, room = _open_blobs(config)  # first: a bucket that is refused leaves no database open
        boxes = SqliteBoxStore(config.data) if config.engine is None else MemoryBoxStore()
        return Stores(boxes, blobs, lock, room)
    except BaseException:
        lock.close()
        raise


def _open_blobs(config: Config) -> tuple[BlobStore, SharedBlobs | None]:
    if config.bucket is None:
        return MemoryBlobStore() if config.data is None else FileBlobStore(config.data), None
    if config.engine is None:
        return open_bucket(config.bucket, config.data, config.limits.retention_days), None
    from nullabona.relay.shelves.engine.opening import open_shared_bucket  # of an extra that not every relay has

    return open_shared_bucket(config.bucket, config.engine, config.limits.retention_days)


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
        self.path = path_of(config.name).encode()
        self.post_head = post_head(self.path)
        self.metrics = Metrics()
        self.unsent = Unsent(config.limits.unsent_total_bytes)
        self.arriving = Arriving(config.limits.arriving_total_bytes, self._everybody)
        self.turns = Turns()
        self.deadlines = Deadlines()
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
        self._peers: Peers | None = None
        self._shelf, digests, wakes = self._make_shelf()
        self.boxes = BoxService(
            self._shelf,
            config.limits,
            self.metrics,
            rng=secrets.randbits,
            space=self.space,
            digests=digests,
            wakes=wakes,
            place=None if config.engine is None else place_of(config.engine.name),
        )
        self.blobs = BlobService(stores.blobs, config.limits, self.metrics, self.space, self.end)
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
        """Listen; the addresses listened on, as URLs. Raises what the shelf's `begin` raises."""
        await self._shelf.begin()
        if self._stores.room is not None:
            await self._stores.room.begin()
        await self.blobs.begin(self._day())
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
        await self._shelf.close()
        await self._loop.run_in_executor(None, self._writer.stop)
        await self.blobs.finish()
        if self._stores.room is not None:
            await self._stores.room.close()
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
        return "; ".join(filter(None, (self.boxes.trouble, short, damage, *theirs)))

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

    def _make_shelf(self) -> tuple[Shelf, DigestLog | None, WakeLink | None]:
        """Where boxes are; digests and waiting clients that other processes have a part in, if there are others."""
        limits, engine = self._config.limits, self._config.engine
        if engine is None:
            shelf = StoredShelf(self._stores.boxes, self._writer, limits, rng=secrets.randbits, on_gone=self.end)
            return shelf, None, None
        from nullabona.relay.shelves.engine.opening import open_engine_shelf  # of an extra that not every relay has

        shared = open_engine_shelf(engine, limits, rng=secrets.randbits)
        self._peers = shared.peers
        return shared, shared.digests, shared.wakes

    def _everybody(self) -> list[Front | WebSocket]:
        return [*self._fronts, *self._sockets]

    async def _listen(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> str:
        server = await listen_at(
            endpoint, lambda: Front(self), backlog=_BACKLOG, context=context, handshake_s=self.limits.head_timeout_s,
            on_full=self.turned_away.has_no_file,
        )  # fmt: skip
        self._servers.append(server)
        url = endpoint.url(server, secure=context is not None)
        return f"{url}/n/{self._config.name}" if self._config.name else url

    def _tick(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        now = self._clock.now()
        day = self._day()
        self.boxes.tick(now, day)
        self._shortage.look(now)
        self.blobs.tick(now, day)
        if self._peers is not None:
            self._peers.took(day, self.space.brought, self.blobs.own_bytes)
            self.space.elsewhere, self.blobs.elsewhere = self._peers.frames, self._peers.blobs
        self.metrics.connections = len(self._fronts) + len(self._sockets)
        self.metrics.publish(now, self._figures)
        self.unsent.recount(self._everybody())
        self.arriving.recount()
        if now >= self._ping_at:
            self._ping_at = now + self.limits.ping_s
            for socket in list(self._sockets):
                socket.check_alive()
        self._ticker = self._loop.call_later(_TICK_S, self._tick)

    def _day(self) -> int:
        return self._clock.day() if self._guard.check() else self._guard.day

    def _figures(self) -> Figures:
        return figures_of(
            self.limits, self.space, self._services, blob_bytes=self.blobs.today_bytes,
            blob_bytes_waiting=self.blobs.waiting_bytes,
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
