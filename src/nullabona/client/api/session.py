"""An open profile and, once it has an account, its runner; and how to wait for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from nullabona.client.account import Account, NoAccount, load_account, need_account
from nullabona.client.api.errors import PendingStill
from nullabona.client.api.pictures import Pictures
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.state import JOINED, RoomState, decode_state
from nullabona.client.core.step import Step, Timing
from nullabona.client.mls import SUITE
from nullabona.client.net import NetOptions, Policy, PostCarrier, connect
from nullabona.client.profile import Profile
from nullabona.client.runner import Dial, Post, Runner, now_ms

T = TypeVar("T")
_RECEIPT_SOON_MS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a client runs. People need none of these but ``net``."""

    net: NetOptions = field(default_factory=NetOptions)
    policy: Policy = field(default_factory=Policy)
    timing: Timing = field(default_factory=Timing)
    suite: int = SUITE
    dial: Dial = connect
    post: Post = PostCarrier
    online: bool = True
    """Whether relays may be contacted; if not, what is asked for is only stored."""


class Session:
    """What every part of the API works on."""

    def __init__(self, profile: Profile, options: Options) -> None:
        self.profile = profile
        self.options = options
        self._runner: Runner | None = None
        self.attendants: list[Callable[[], Coroutine[Any, Any, None]]] = []
        """What runs beside the runner, as long as it does."""
        self.pictures = Pictures()

    @property
    def store(self) -> Store:
        return self.profile.store

    @property
    def runner(self) -> Runner:
        """Raises `NoAccount`."""
        if self._runner is None:
            raise NoAccount("there is no account in this profile")
        return self._runner

    @property
    def has_account(self) -> bool:
        return self._runner is not None

    def account(self) -> Account:
        """Raises `NoAccount`."""
        account = load_account(self.profile.store)
        if account is None:
            raise NoAccount("there is no account in this profile")
        return account

    def account_in(self, store: Store) -> Account:
        """As `account`, inside a transaction of the caller."""
        return need_account(store)

    def begin(self) -> None:
        """Run the profile's account, if it has one."""
        account = load_account(self.profile.store)
        if account is None or self._runner is not None:
            return
        options = self.options
        self._runner = Runner(
            self.profile,
            account,
            options=options.net,
            policy=options.policy,
            timing=options.timing,
            suite=options.suite,
            dial=options.dial,
            post=options.post,
        )
        if options.online:
            self._runner.start()
            for attend in self.attendants:
                self._runner.spawn(attend())

    async def end(self) -> None:
        """Stop running; the profile stays open."""
        if self._runner is not None:
            await self._runner.stop()
            self._runner = None

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Nothing runs inside; afterwards the account does that the profile then has."""
        await self.end()
        try:
            yield
        finally:
            self.begin()

    # -- reading and changing -------------------------------------------------------------------------------------

    @contextmanager
    def look(self) -> Iterator[Store]:
        """The store, for reading."""
        self.runner.check()
        with self.store.reading():
            yield self.store

    @contextmanager
    def change(self) -> Iterator[Store]:
        """The store inside a transaction, for what is no affair of the engine."""
        self.runner.check()
        with self.store.transaction():
            yield self.store

    @contextmanager
    def view(self) -> Iterator[Step]:
        """As `look`, for reading with the core's own questions. Nothing that is changed inside is kept."""
        with self.look():
            yield self.runner.view()

    @contextmanager
    def step(self, *rooms: bytes) -> Iterator[Step]:
        """One step of the engine, durable when it ends."""
        with self.runner.step(*rooms) as step:
            yield step

    def room_states(self) -> list[RoomState]:
        """Every room. Runs in its own transaction."""
        with self.look() as store:
            loaded = [store.load_room(room) for room in store.rooms()]
        return [decode_state(data) for data in loaded if data is not None]

    def settled(self, *, receipts: bool) -> bool:
        """Whether everything that could be sent or received has been: also room changes, and receipts if asked."""
        now = now_ms()
        soon = now + _RECEIPT_SOON_MS if receipts else 0
        return self.runner.at_rest and not any(
            _changing(room) or _by(room.receipt_at, soon) or _by(room.scout_at, now)
            for room in self.room_states()
            if room.phase == JOINED
        )

    # -- waiting --------------------------------------------------------------------------------------------------

    async def until(self, find: Callable[[], T | None], timeout_s: float | None, what: str) -> T:
        """What ``find`` finds, once it does. Raises `PendingStill` after ``timeout_s``."""
        news = asyncio.Event()
        deaf = self.runner.listen(news.set)
        try:
            async with asyncio.timeout(timeout_s):
                while (found := find()) is None:
                    await news.wait()
                    news.clear()
                    self.runner.check()
                return found
        except TimeoutError:
            raise PendingStill(f"{what} within the time given") from None
        finally:
            deaf()


def _by(at: int | None, time: int) -> bool:
    return at is not None and at <= time


def _changing(room: RoomState) -> bool:
    return room.pending is not None or bool(room.intents)
