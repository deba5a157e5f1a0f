"""One device of the simulation: the real core over the real store, driven by the runner's real parts.

`Reads`, `Outbox`, `Fetches` and `Connections` are the product's own. What `Runner` adds (when to look again, when to
tick) is played here, because the runner wakes every minute and tidies files after every pause, which costs weeks of
simulation and shows nowhere in the network. The directory's proofs are not played either: its answers are believed, and
so is what others bring (`own_card`). The letters of a device to its own account's inbox are the product's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Unpack, cast

from bench.leakage.lines import Seat, look_up
from bench.leakage.own_card import OwnCard
from bench.leakage.per_device_digests import Unsigned
from bench.leakage.trace import NOBODY
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import WarningDetail
from nullabona.client.core.model.outbox_targets import FilePiece, RoomBlob, WelcomeBlob
from nullabona.client.core.model.records import LoggedEvent, OutboxItem
from nullabona.client.core.model.requests import INBOX, ReadFor, ReadRequest
from nullabona.client.core.step import Step, Timing
from nullabona.client.net import NetOptions, Policy
from nullabona.client.runner.activity_watcher import noted_as
from nullabona.client.runner.connections import Connections, ConnectionState
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.fetches import Fetches
from nullabona.client.runner.outbox import Outbox
from nullabona.client.runner.own_letters import write_own_letters
from nullabona.client.runner.reads import Reads
from nullabona.client.runner.scouts import Scouts
from nullabona.client.store import SqliteStore
from nullabona.wire.address import Address
from tests.rooms.world import RELAY, Person

_SHORTEST_S: Final = 0.02
_OVERDUE_S: Final = 1.0


class LivedEngine(Engine):
    """The core; it also tells which boxes and blobs belong to which room, and which wake tokens to which box."""

    on_rings: Callable[[bytes, list[bytes]], None] = staticmethod(lambda _room, _secrets: None)
    on_wake_token: Callable[[bytes, bytes], None] = staticmethod(lambda _token, _address: None)
    on_box: Callable[[bytes, bytes], None] = staticmethod(lambda _room, _address: None)
    on_blob: Callable[[bytes, bytes], None] = staticmethod(lambda _room, _digest: None)

    def reads(self, of: ReadFor) -> tuple[ReadRequest, ...]:
        wants = super().reads(of)
        room_id = of if isinstance(of, bytes) else of.value.encode()
        self.on_rings(room_id, [want.wake_secret for want in wants if want.wake_secret is not None])
        for want in wants if of is not INBOX else ():
            self.on_box(room_id, want.address)
            if want.wake_token is not None:
                self.on_wake_token(want.wake_token, want.address)
        return wants

    def due(self, now: int) -> list[OutboxItem]:
        items = super().due(now)
        for item in items:
            if isinstance(item.target, RoomBlob | WelcomeBlob | FilePiece):
                self.on_blob(item.target.room, item.ref)
        return items


class Cards(Directories):
    """The directory as one device asks it. What it answers is believed without proof."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._device = device

    async def look_up(self, handle: str) -> Checked:
        """See `Directories.look_up`."""
        device = self._device
        await look_up(device.seat, device.account_of(handle))
        card = device.person.world.cards.get(handle)
        nothing = cast(Any, None)
        return Checked(card.encoded if card else b"", b"", 0, None, None, nothing, nothing, nothing)


class Believing(Fetches):
    """What one device fetches. It believes the proof that somebody brought, where the product checks it."""

    def __init__(self, device: Device) -> None:
        super().__init__(device, device.directories)
        self._device = device

    async def _by_proof(self, handle: str) -> bool:
        """See `Fetches`. Nobody is asked: the lists that a device has read tell that the card is the newest."""
        device = self._device
        card = device.person.world.cards.get(handle)
        if card is None or not device.engine.carries(handle):
            return False
        device.happened(device.engine.on_card(ProvenCard.testing(card), device.now()))
        return True


class Device:
    """See `nullabona.client.runner.context.RunnerContext`. Runs between `start` and `stop`, as often as wanted."""

    def __init__(
        self,
        person: Person,
        engine: LivedEngine,
        seat: Seat,
        *,
        start_ms: int,
        rng: Callable[[], float],
        account_of: Callable[[str], int],
    ) -> None:
        self.person = person
        self.engine: LivedEngine = engine
        self.seat = seat
        self.account_of = account_of
        self.on_event: Callable[[Device, LoggedEvent], None] = lambda _device, _event: None
        self.on_rooms_connected: Callable[[], None] = lambda: None
        self.directories: Cards = Cards(self)
        self.warnings: list[tuple[str, WarningDetail]] = []
        self._start_ms = start_ms
        self._rng = rng
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._connections: Connections | None = None
        self._heard = 0
        newest = lambda: person.world.cards[person.me.handle]  # noqa: E731
        self._own_card = OwnCard(person.store, newest, self._ask_for_own, rng, start_ms // 1_000)
        self._alarm: asyncio.TimerHandle | None = None
        self._looking = False
        engine.on_rings = seat.secrets.wanted

    # -- life

    @property
    def running(self) -> bool:
        return self._connections is not None

    def start(self, addr: int) -> None:
        """The device is switched on, or has its network back."""
        self.seat.come(addr)
        defences = self.seat.defences
        options = NetOptions(fast=defences.together)
        if not defences.remembered:
            with self.store.transaction():
                self.store.delete_value(noted_as(RELAY))
        self._connections = Connections(
            RELAY, options, Policy(), self._connection_changed, self.seat.dial, self.seat.post, self._rng
        )
        self._reads = Reads(self, Timing(), self._rng, Unsigned)
        self._outbox, self._fetches = Outbox(self), Believing(self)
        self._scouts = Scouts(self, Timing().scout / 2_000)
        for of in self.engine.read_for():
            self._reads.refresh(of)
        self.spawn(self._keep_card())
        self.spawn(write_own_letters(self, self._rng))
        self.happened(ChangeSet(frozenset()))

    def move(self, addr: int) -> None:
        """Another network: everything is connected again from there."""
        self.seat.come(addr)

    def stop(self) -> None:
        """Off. What is stored stays."""
        if self.running:
            self._reads.rest()
        connections, self._connections = self._connections, None
        self.seat.drop()
        for task in list(self._tasks):
            task.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        if connections is not None:
            self._loop.create_task(connections.close())

    # -- what the parts rest on

    @property
    def store(self) -> SqliteStore:
        return self.person.store

    @property
    def connections(self) -> Connections:
        if self._connections is None:
            raise RuntimeError("a device that is off uses the network")
        return self._connections

    def now(self) -> int:
        """See `RunnerContext.now`."""
        return self._start_ms + int(self._loop.time() * 1_000)

    def inbox_read(self) -> None:
        """See `RunnerContext.inbox_read`. No operator writes notices here."""

    def happened(self, touched: ChangeSet) -> None:
        """See `RunnerContext.happened`."""
        if not self.running:
            return
        for of in sorted(touched.reads, key=lambda each: each if isinstance(each, bytes) else b""):
            self._reads.refresh(of)
        self._outbox.pump()
        self._scouts.pump()
        if not self._looking:
            self._looking = True
            self._loop.call_soon(self._look)

    def may_send(self, room: bytes, relay: str, address: Address) -> bool:
        """See `RunnerContext.may_send`."""
        return self._reads.may_send(room, relay, address)

    def appended(self, room: bytes, relay: str, address: Address) -> None:
        """See `RunnerContext.appended`."""
        self._reads.read_back(room, relay, address)

    def look_at_own_card(self) -> None:
        """See `RunnerContext.look_at_own_card`. No account moves here."""

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """See `RunnerContext.warn`."""
        self.warnings.append((code, detail))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """See `RunnerContext.spawn`. What fails stops the whole simulation."""
        task = self._loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        return task

    @contextmanager
    def step(self, *rooms: bytes) -> Iterator[Step]:
        """One step that the person asks for, as `Runner.step`."""
        with self.engine.step(self.now(), *rooms) as step:
            yield step
            changes = step.changes(*rooms)
        self.happened(changes)

    # -- inside

    def _look(self) -> None:
        """As `Runner._look` and `_keep_time`: once for all that happened in one turn."""
        self._looking = False
        if not self.running:
            return
        self._fetches.pump()
        known = self._reads.known()
        for of in self.engine.read_for():
            if of not in known:
                self._reads.refresh(of)
        self._tell()
        self._set_alarm()

    def _tell(self) -> None:
        with self.store.reading():
            if self.store.last_event() == self._heard:
                return
            news = self.store.events(self._heard)
        for event in news:
            self._heard = event.id
            self.on_event(self, event)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        wake = self.engine.wake_at()
        if wake is not None:
            ahead = (wake - self.now()) / 1_000
            self._alarm = self._loop.call_later(max(ahead, _SHORTEST_S) if ahead > 0 else _OVERDUE_S, self._tick)

    def _tick(self) -> None:
        if self.running:
            self.happened(self.engine.tick(self.now()))

    def _connection_changed(self, state: ConnectionState) -> None:
        if not self.running:
            return
        self._scouts.noted(state)
        if state.connected and state.lane != "inbox":
            self.on_rooms_connected()

    async def _keep_card(self) -> None:
        """What `Publishing` and `OwnKeyMonitor` ask about the own handle, for as long as the device is on."""
        self._own_card.come(self._loop.time())
        while True:
            pause = await self._own_card.once(self._loop.time())
            await asyncio.sleep(pause)

    async def _ask_for_own(self, *, publish: bool = False) -> None:
        account = self.seat.account
        await look_up(self.seat, account, who=account if publish else NOBODY)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "a device failed", "exception": error})
