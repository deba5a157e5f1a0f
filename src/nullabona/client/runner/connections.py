"""Connections to relays: persistent ones are a WebSocket, one-shot ones send each request by a POST of its own.

No connection ties two requests for boxes together: each goes by POST, on a connection of its own, and so does what is
public or nobody's business (cards, other people's inboxes). A request that fails for one box, or one purpose, holds up
no other, since all that waited would come in one moment. Persistent is one on which the activity of a relay is told.
With `NetOptions.fast` all room boxes of a relay share one; the inbox does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass
from typing import Final, Literal, Protocol, Self, TypeAlias

from nullabona.client.net import (
    Answers,
    Backoff,
    Carrier,
    Endpoint,
    EndpointRefused,
    NetOptions,
    Policy,
    PostCarrier,
    TimedOut,
    connect,
    parse_endpoint,
)
from nullabona.client.runner.randomness import fraction
from nullabona.errors import NullabonaError, PeerError, UserError
from nullabona.wire.messages import FollowActivity

Lane = Literal["rooms", "inbox"]
"""What a connection is for: boxes of rooms and the inbox, or where rooms share a connection, the inbox alone."""


class PersistentCarrier(Carrier, Protocol):
    """A carrier that stays connected until the connection is lost."""

    def follow(self, request: FollowActivity) -> Answers:
        """See `nullabona.client.net.Connection.follow`."""
        ...

    async def wait_lost(self) -> PeerError:
        """Why the connection ended, once it has."""
        ...


Dial: TypeAlias = Callable[[Endpoint, NetOptions], Awaitable[PersistentCarrier]]
"""Opens a connection; `connect`, unless a test puts something in between."""
Post: TypeAlias = Callable[[Endpoint, NetOptions], Carrier]
"""Makes what carries single requests; `PostCarrier`, unless a test puts something in between."""
_RESTLESS_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """Whether a relay is connected. ``error`` is why not, if that is known."""

    relay: str
    lane: Lane
    connected: bool
    error: NullabonaError | None = None


class RelayConnection(Protocol):
    """Carries requests to one relay."""

    async def ready(self) -> Carrier:
        """A carrier that a request can be tried on; waits as long as it takes."""
        ...

    def worked(self) -> None:
        """A request was answered."""
        ...

    async def failed(self, carrier: Carrier, error: NullabonaError) -> None:
        """A request on ``carrier`` was not answered."""
        ...


class PersistentConnection:
    """Keeps one connection open from the first `ready` on, until `close`."""

    def __init__(
        self,
        relay: str,
        lane: Lane,
        dial: Callable[[Endpoint], Awaitable[PersistentCarrier]],
        policy: Policy,
        on_state: Callable[[ConnectionState], None],
        rng: Callable[[], float] = fraction,
    ) -> None:
        self.state = ConnectionState(relay, lane, connected=False)
        self._dial = dial
        self._policy = policy
        self._on_state = on_state
        self._rng = rng
        self._carrier: PersistentCarrier | None = None
        self._up = asyncio.Event()
        self._reached = asyncio.Event()
        """Cleared while the relay is known to be out of reach."""
        self._reached.set()
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    async def ready(self) -> PersistentCarrier:
        """See `RelayConnection.ready`."""
        while True:
            if self._keeper is None:
                self._up.clear()
                if not self._closed:
                    self._keeper = asyncio.create_task(self._keep())
            carrier = self._carrier
            if carrier is not None and carrier.is_open:
                return carrier
            if carrier is not None:
                await carrier.wait_lost()
                await asyncio.sleep(_RESTLESS_S)
            else:
                await self._up.wait()

    @property
    def is_reached(self) -> bool:
        """Whether the relay is not known to be out of reach."""
        return self._reached.is_set()

    async def reached(self) -> None:
        """Returns unless the relay is known to be out of reach, and then once it is not."""
        await self._reached.wait()

    def worked(self) -> None:
        """See `RelayConnection.worked`."""

    async def failed(self, carrier: Carrier, error: NullabonaError) -> None:
        """See `RelayConnection.failed`: a connected relay that does not answer is disconnected and tried again."""
        if isinstance(error, TimedOut):
            await carrier.close()

    @property
    def wanted(self) -> bool:
        """Whether a caller has asked for the connection and it is to be kept."""
        return self._keeper is not None

    async def rest(self) -> None:
        """Disconnect until a caller asks for it again by `ready`; callers that wait already ask at once."""
        keeper, carrier = self._keeper, self._carrier
        self._keeper = self._carrier = None
        self._up.set()
        self._reached.set()
        try:
            if keeper is not None:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
        finally:
            if carrier is not None:
                await carrier.close()

    async def close(self) -> None:
        """Disconnect for good: callers that still wait do so until they are cancelled."""
        self._closed = True
        await self.rest()

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop().time
        backoff = Backoff(self._policy)
        while True:
            await asyncio.sleep(backoff.wait(clock()))
            try:
                self._carrier = await self._dial(parse_endpoint(self.state.relay))
            except PeerError as error:
                self._tell(error)
            except UserError as error:
                self._tell(error)
                return
            else:
                backoff = backoff.connected(clock())
                self._up.set()
                self._tell(None)
                lost = await self._carrier.wait_lost()
                self._up.clear()
                self._carrier = None
                self._tell(lost)
            backoff = backoff.lost(clock(), self._rng())

    def _tell(self, error: NullabonaError | None) -> None:
        if error is None:
            self._reached.set()
        else:
            self._reached.clear()
        self.state = ConnectionState(self.state.relay, self.state.lane, connected=error is None, error=error)
        self._on_state(self.state)


class OneShotConnection:
    """One POST per request; after a failure the next one waits. Use one for one box or purpose alone: see `apart`."""

    def __init__(self, endpoint: Endpoint, options: NetOptions, policy: Policy, post: Post = PostCarrier) -> None:
        self._carrier = post(endpoint, options)
        self._policy = policy
        self._backoff = Backoff(policy)

    def apart(self) -> Self:
        """The same, for another box or purpose: neither waits because a request of the other failed."""
        # Else a relay that fails the requests for one box has all others of the device wait, and come with its next.
        other = copy(self)
        other.worked()
        return other

    async def ready(self) -> Carrier:
        """See `RelayConnection.ready`."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self._backoff.wait(clock()))
        return self._carrier

    def worked(self) -> None:
        """See `RelayConnection.worked`."""
        self._backoff = Backoff(self._policy)

    async def failed(self, carrier: Carrier, error: NullabonaError) -> None:  # noqa: ARG002 - see RelayConnection.failed
        """See `RelayConnection.failed`. Requests that fail together are one failure."""
        now = asyncio.get_running_loop().time()
        if not self._backoff.wait(now):
            self._backoff = self._backoff.lost(now, fraction())

    async def close(self) -> None:
        """Hang up for good."""
        await self._carrier.close()


class UnlinkedConnection(OneShotConnection):
    """For boxes that are read apart. Nothing is tried while ``persistent`` finds the relay unreachable."""

    def __init__(
        self, endpoint: Endpoint, options: NetOptions, policy: Policy, post: Post, persistent: PersistentConnection
    ) -> None:
        super().__init__(endpoint, options, policy, post)
        self.persistent = persistent
        self._reads = asyncio.Event()
        """Set while boxes are read there; the same for all that are `apart`."""

    @property
    def wanted(self) -> bool:
        """Whether boxes are read there."""
        return self._reads.is_set()

    def want(self) -> None:
        """Boxes are read there from now on."""
        self._reads.set()

    @property
    def state(self) -> ConnectionState:
        """Whether the relay is reached, as ``persistent`` finds it."""
        return self.persistent.state

    @property
    def is_reached(self) -> bool:
        """See `PersistentConnection.is_reached`."""
        return self.persistent.is_reached

    async def reached(self) -> None:
        """See `PersistentConnection.reached`."""
        await self.persistent.reached()

    async def ready(self) -> Carrier:
        """See `RelayConnection.ready`."""
        while not self.persistent.is_reached:
            await self.persistent.reached()
            # Else what waited for several boxes would come in one moment, with the new connection on which activity is
            # told, and a relay can have a device wait by refusing it that.
            await asyncio.sleep(fraction() * self._policy.apart_s)
        return await super().ready()

    async def rest(self) -> None:
        """Nothing is read there any more."""
        self._reads.clear()
        await self.persistent.rest()

    async def close(self) -> None:
        """Hang up for good."""
        await super().close()
        await self.persistent.close()


LaneConnection: TypeAlias = PersistentConnection | UnlinkedConnection


class Connections:
    """All connections of a client, made on first use. ``dial``, ``post`` and ``rng`` are for tests."""

    def __init__(
        self,
        home: str,
        options: NetOptions,
        policy: Policy,
        on_state: Callable[[ConnectionState], None],
        dial: Dial = connect,
        post: Post = PostCarrier,
        rng: Callable[[], float] = fraction,
    ) -> None:
        self._dial = dial
        self._post = post
        self._rng = rng
        self.home = home
        """The relay of our own account."""
        self._options = options
        self._policy = policy
        self._on_state = on_state
        self._by_lane: dict[tuple[str, Lane], LaneConnection] = {}
        self._one_shot: dict[str, OneShotConnection] = {}

    def lane(self, *, inbox: bool) -> Lane:
        """The lane of the inbox, or of rooms."""
        return "inbox" if inbox and self._options.fast else "rooms"

    def for_lane(self, relay: str, lane: Lane) -> LaneConnection:
        """What carries the requests of one box: a WebSocket, or a connection for each. Raises `EndpointRefused`."""
        connection = self._by_lane.get((relay, lane))
        if connection is None:
            connection = self._by_lane[relay, lane] = self._make(relay, lane)
        return connection.apart() if isinstance(connection, UnlinkedConnection) else connection

    def _make(self, relay: str, lane: Lane) -> LaneConnection:
        endpoint, options = self._check(relay), self._options
        lasts = PersistentConnection(
            relay, lane, lambda endpoint: self._dial(endpoint, options), self._policy, self._on_state, self._rng
        )
        if options.fast and lane == "rooms":
            return lasts
        return UnlinkedConnection(endpoint, options, self._policy, self._post, lasts)

    def one_shot(self, relay: str) -> OneShotConnection:
        """The POSTs of one purpose that must not be seen beside our own boxes. Raises `EndpointRefused`."""
        connection = self._one_shot.get(relay)
        if connection is None:
            connection = self._one_shot[relay] = OneShotConnection(
                self._check(relay), self._options, self._policy, self._post
            )
        return connection.apart()

    def states(self) -> list[ConnectionState]:
        """The states of the connections of boxes."""
        return [one.state for one in self._by_lane.values() if one.wanted]

    async def rest(self, relay: str, lane: Lane) -> None:
        """Nothing is read there any more: hang up."""
        connection = self._by_lane.get((relay, lane))
        if connection is not None:
            await connection.rest()

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(one.close() for one in self._by_lane.values()))
        await asyncio.gather(*(one.close() for one in self._one_shot.values()))

    def _check(self, relay: str) -> Endpoint:
        """A stranger's card or invitation must not make us talk to services of our own machine."""
        endpoint = parse_endpoint(relay)
        if endpoint.may_be_local and not parse_endpoint(self.home).is_local:
            raise EndpointRefused("an account names this machine itself as its server")
        return endpoint
