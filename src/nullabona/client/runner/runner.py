"""The asyncio shell around `Engine`: does the network requests and timers that the engine wants, and tells listeners.

It decides nothing about rooms. All engine calls are made on the event loop's thread, so they never overlap. A failure
of the network or of a server becomes a warning event. A bug of ours stops the runner; `Runner.check` then raises it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Unpack, assert_never

from nullabona.client.account import Account
from nullabona.client.core.directory.found import BadCard, NoCard, ProvenCard
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import Warned, WarningDetail
from nullabona.client.core.model.facts.messages import PassingFact, Transfer, Typing
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.step import DAY_MS, Step, Timing
from nullabona.client.mls import SUITE
from nullabona.client.net import NetOptions, Policy, PostCarrier, RelayUntrusted, connect
from nullabona.client.profile import Profile
from nullabona.client.runner.connections import Connections, ConnectionState, Dial, Post
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.fetches import Fetches
from nullabona.client.runner.former import FormerInboxes
from nullabona.client.runner.outbox import Outbox
from nullabona.client.runner.own_key_monitor import OwnKeyMonitor
from nullabona.client.runner.own_letters import write_own_letters
from nullabona.client.runner.publishing import Publishing
from nullabona.client.runner.randomness import SystemRandomness, now_ms
from nullabona.client.runner.reads import Reads
from nullabona.client.runner.scouts import Scouts
from nullabona.client.runner.tidying import tidy
from nullabona.client.store import SqliteStore
from nullabona.errors import Malformed
from nullabona.wire.address import Address

IDLE_S: Final = 3.0
"""Seconds without a step after which the store is tidied, so that deleted secrets leave the WAL."""
_LONGEST_MS: Final = 60_000
_SHORTEST_MS: Final = 20
_OVERDUE_MS: Final = 1_000
"""Milliseconds until work that is due but impossible now (a relay is out of reach) is tried again."""
_WARN_AGAIN_MS: Final = 3_600_000


class Runner:
    """The running device of one account. Make and use it on one event loop.

    It does not own ``profile``, which stays open after `stop`. ``suite``, ``timing``, ``dial`` and ``post`` are for
    tests.
    """

    def __init__(
        self,
        profile: Profile,
        account: Account,
        *,
        options: NetOptions | None = None,
        policy: Policy | None = None,
        timing: Timing | None = None,
        suite: int = SUITE,
        dial: Dial = connect,
        post: Post = PostCarrier,
    ) -> None:
        self._profile = profile
        self.store: SqliteStore = profile.store
        self._mls = account.mls(self.store, suite)
        self._rng = SystemRandomness()
        self._timing = timing or Timing()
        self.engine = Engine(self.store, self._mls, account.local, self._rng, self._timing)
        self.connections = Connections(
            account.relay, options or NetOptions(), policy or Policy(), self._connection_changed, dial, post
        )
        self._reads = Reads(self, self._timing)
        self._outbox = Outbox(self)
        self.directories = Directories(self)
        self._fetches = Fetches(self, self.directories)
        self.publishing = Publishing(self, self.directories)
        self.own_key_monitor = OwnKeyMonitor(self, self.directories, look_at_card=self.publishing.poke)
        self._scouts = Scouts(self, self._timing.scout / 2_000)
        self._former = FormerInboxes(self)
        self._poke = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: set[Callable[[], None]] = set()
        self._state_listeners: set[Callable[[ConnectionState], None]] = set()
        self._passing_listeners: set[Callable[[PassingFact], None]] = set()
        self._writing: dict[tuple[bytes, bytes], int] = {}
        self.engine.on_passing = self._passed
        self._warned: dict[tuple[str, ...], int] = {}
        self._swept = -1
        self._started = False
        self._looking = False
        self.failure: BaseException | None = None

    # -- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start to read, to send and to run the engine's timers."""
        self._started = True
        for of in self.engine.read_for():
            self._reads.refresh(of)
        self.spawn(self._keep_time())
        self.spawn(self.publishing.run())
        self.spawn(self.own_key_monitor.run())
        self.spawn(self._former.run())
        self.spawn(write_own_letters(self))

    async def stop(self) -> None:
        """Cancel every task and close the connections. The profile stays open."""
        if self._started and self.failure is None:
            self._reads.rest()
        self._started = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.connections.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """See `RunnerContext.spawn`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Stop because of a bug of ours, rather than continue in an unknown state."""
        if self.failure is None:
            self.failure = error
            for task in self._tasks:
                task.cancel()
            self._notify()

    # -- `RunnerContext` ----------------------------------------------------------------------------------------------

    def now(self) -> int:
        """See `RunnerContext.now`."""
        return now_ms()

    def happened(self, touched: ChangeSet) -> None:
        """See `RunnerContext.happened`."""
        if not self._started:
            self._notify()
            return
        self._go_home()
        for of in touched.reads:
            self._reads.refresh(of)
        self._outbox.pump()
        self._scouts.pump()
        self._poke.set()
        if not self._looking:
            self._looking = True
            self.spawn(self._look())

    def _go_home(self) -> None:
        """If the account has moved to another relay, read the inbox and publish the card there from now on."""
        if self.connections.home != self.engine.local.relay:
            self.connections.home = self.engine.local.relay
            self._reads.refresh(INBOX)
            self.publishing.poke()
            self._former.poke()

    async def _look(self) -> None:
        """Start the fetches and reads that are wanted now, and tell listeners: once per turn of the loop."""
        self._looking = False
        self._fetches.pump()
        # The inbox in any case: a device that was removed from the account no longer reads it.
        for of in set(self.engine.read_for()) - (self._reads.known() - {INBOX}):
            self._reads.refresh(of)
        self._notify()

    def may_send(self, room: bytes, relay: str, address: Address) -> bool:
        """See `RunnerContext.may_send`."""
        return self._reads.may_send(room, relay, address)

    def appended(self, room: bytes, relay: str, address: Address) -> None:
        """See `RunnerContext.appended`."""
        self._reads.read_back(room, relay, address)

    def look_at_own_card(self) -> None:
        """See `RunnerContext.look_at_own_card`."""
        self.publishing.poke()

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """See `RunnerContext.warn`; the same warning comes at most once an hour."""
        key = (code, *sorted(map(str, detail.values())))
        now = self.now()
        if now - self._warned.get(key, -_WARN_AGAIN_MS) < _WARN_AGAIN_MS:
            return
        self._warned[key] = now
        with self.engine.step(now) as step:
            step.tell(Warned(code=code, detail=detail))
        self._notify()

    # -- for the API ----------------------------------------------------------------------------------------------

    @contextmanager
    def step(self, *rooms: bytes) -> Iterator[Step]:
        """A step of the engine, for what the person does; its changes are acted on when the block ends.

        ``rooms`` are the rooms that the step works on. Raises what `check` raises.
        """
        self.check()
        with self.engine.step(self.now(), *rooms) as step:
            yield step
            changes = step.changes(*rooms)
        self.happened(changes)

    def inbox_read(self) -> None:
        """See `RunnerContext.inbox_read`."""
        self.own_key_monitor.inbox_read()

    def view(self) -> Step:
        """A step for reading, inside a transaction of the caller; it is never saved."""
        return Step(self.store, self._mls, self.engine.local, self._rng, self._timing, self.now())

    def check(self) -> None:
        """Raise the error that stopped the runner, if one did."""
        if self.failure is not None:
            raise self.failure

    async def look_up(self, handle: str) -> ProvenCard | NoCard | BadCard:
        """What the public record of the handle's directory proves; waits and raises as `Directories.look_up`."""
        return await self.directories.find(handle)

    async def read_lists(self) -> None:
        """Read what changed at the own directory up to now, which names nobody. Raises as `look_up`."""
        await self.own_key_monitor.read_lists()

    async def prove(self, handle: str) -> None:
        """Prove now who has a handle, and do what waited for that."""
        await self._fetches.fetch_card(handle)

    def listen(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call ``tell`` whenever something may have changed, until the returned function is called."""
        self._listeners.add(tell)
        return lambda: self._listeners.discard(tell)

    def listen_states(self, tell: Callable[[ConnectionState], None]) -> Callable[[], None]:
        """Call ``tell`` whenever a connection opens or closes, until the returned function is called."""
        self._state_listeners.add(tell)
        return lambda: self._state_listeners.discard(tell)

    def writing(self, room: bytes) -> list[bytes]:
        """The accounts that are writing in a room now."""
        return [account for (where, account), until in self._writing.items() if where == room and until > self.now()]

    def listen_passing(self, tell: Callable[[PassingFact], None]) -> Callable[[], None]:
        """Call ``tell`` when somebody starts or stops writing or a file makes progress.

        Ends when the returned function is called.
        """
        self._passing_listeners.add(tell)
        return lambda: self._passing_listeners.discard(tell)

    def look(self, room: bytes) -> None:
        """See `Reads.look`."""
        self._reads.look(room)

    def has_read(self, room: bytes) -> bool:
        """See `Reads.has_read`."""
        return self._reads.has_read(room)

    @property
    def at_rest(self) -> bool:
        """Whether everything has been sent, fetched and read to its end."""
        return self._reads.caught_up and self.all_out

    @property
    def all_out(self) -> bool:
        """Whether everything has been sent and fetched, and no timer is due."""
        due = self.engine.due(self.now())
        busy = self._outbox.busy + self._fetches.busy + self._scouts.busy
        return not self._looking and not due and not busy

    # -- inside ---------------------------------------------------------------------------------------------------

    def _notify(self) -> None:
        for tell in list(self._listeners):
            tell()

    def _passed(self, fact: PassingFact) -> None:
        """Tell listeners; that somebody stopped writing only if they were told that the person was writing."""
        match fact:
            case Typing():
                before = self._writing.pop((fact.room, fact.account), 0)
                if fact.until:
                    self._writing[fact.room, fact.account] = fact.until
                elif not before:
                    return
            case Transfer():
                pass
            case _:
                assert_never(fact)
        for tell in list(self._passing_listeners):
            tell(fact)

    def _connection_changed(self, state: ConnectionState) -> None:
        if isinstance(state.error, Malformed | RelayUntrusted):
            self.warn(state.error.code, relay=state.relay)
        self._scouts.noted(state)
        if state.connected and state.relay == self.engine.local.relay:
            # Nothing else: every two minutes there is a new connection on which activity is told, and what is asked of
            # the directory in that moment could tell whose it is.
            self.publishing.reached()
        for tell in list(self._state_listeners):
            tell(state)
        self._notify()

    async def _keep_time(self) -> None:
        """Run the engine's timers when they are due, and tidy the store after `IDLE_S` without a step."""
        while True:
            self._poke.clear()
            self._sweep()
            ahead_ms = self._ahead_ms()
            if ahead_ms <= 0:
                self.happened(self.engine.tick(self.now()))
                self._poke.clear()
                ahead_ms = self._ahead_ms()
            pause = _pause_ms(ahead_ms) / 1_000
            if not await self._poked(min(pause, IDLE_S)):
                self._profile.idle()
                if pause > IDLE_S:
                    await self._poked(pause - IDLE_S)

    async def _poked(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation (Python 3.11)
                return await self._poke.wait()
        return False

    def _ahead_ms(self) -> int:
        wake = self.engine.wake_at()
        return _LONGEST_MS if wake is None else wake - self.now()

    def _sweep(self) -> None:
        """Erase once a day what the store no longer needs."""
        day = self.now() // DAY_MS
        if day == self._swept:
            return
        self._swept = day
        with self.store.transaction():
            tidy(self.store, day)


def _pause_ms(ahead_ms: int) -> int:
    return _OVERDUE_MS if ahead_ms <= 0 else min(max(ahead_ms, _SHORTEST_MS), _LONGEST_MS)
