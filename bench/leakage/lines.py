"""The simulated network between devices and the machine: connections with a delay, from an address that may change.

Three things are played here because the product does not do them: a connection per box, polling, and (in `cover`)
reads and appends that mean nothing. Each is what a watcher of the network would see if the product did.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from bench.leakage.defences import Defences
from bench.leakage.machine import Machine, Reply, Visitor
from bench.leakage.per_device_digests import Secrets
from bench.leakage.tap import Tap
from bench.leakage.trace import NOBODY, Op
from nullabona.client.net import Answers, Endpoint, NetOptions, Unreachable
from nullabona.errors import PeerError
from nullabona.wire.messages import AnyRequest, AnyResponse, AwaitWake, FollowActivity, Frames, Read, Refusal

HANDSHAKES: Final = 3
"""Round trips of TCP, TLS and HTTP before a request can be sent."""
JITTER_S: Final = 0.003
"""By so much a way takes longer than the shortest, on average; drawn again for each message."""


@dataclass(slots=True, eq=False)
class Seat:
    """Where one device sits in the network: whose it is, its address now, its lines. ``delay``: one way takes so many
    seconds at least.
    """

    machine: Machine
    defences: Defences
    account: int
    delay: float
    phase: float
    """When in the period this device polls, as a share of it."""
    dice: random.Random
    addr: int = NOBODY
    lines: dict[Line, None] = field(default_factory=dict)
    """As a set that keeps its order."""
    secrets: Secrets = field(init=False)
    """By which this device recognises its own activity."""

    def __post_init__(self) -> None:
        self.secrets = self.machine.secrets()

    @property
    def online(self) -> bool:
        return self.addr != NOBODY

    def way(self, times: int = 1) -> float:
        """How long it takes to the machine or back, or so many ways one after another."""
        return sum(self.delay + self.dice.expovariate(1 / JITTER_S) for _ in range(times))

    @property
    def tap(self) -> Tap:
        return self.machine.tap

    def come(self, addr: int) -> None:
        """Online from there now; what was connected is lost."""
        self.drop()
        self.addr = addr

    def drop(self) -> None:
        """Offline."""
        for line in list(self.lines):
            line.lose(Unreachable("the network is gone"))
        self.addr = NOBODY

    async def dial(self, endpoint: Endpoint, options: NetOptions) -> Line:  # noqa: ARG002 - see `Dial`
        """See `nullabona.client.runner.connections.Dial`."""
        await asyncio.sleep(self.way(2 * HANDSHAKES))
        if not self.online:
            raise Unreachable("there is no network")
        return Line(self)

    def post(self, endpoint: Endpoint, options: NetOptions) -> Posts:  # noqa: ARG002 - see `Post`
        """See `nullabona.client.runner.connections.Post`."""
        return Posts(self)


class Line:
    """A lasting connection. Implements `nullabona.client.runner.connections.PersistentCarrier`."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._loop = asyncio.get_running_loop()
        self._opened = self._loop.time()
        self._numbers: dict[bytes, int] = {}
        self._number = NOBODY if seat.defences.connection_per_box else self._own_number()
        self._visitor = Visitor(seat.machine, seat.addr, self.number)
        self._visitor.secrets = seat.secrets
        self._error: PeerError | None = None
        self._lost: asyncio.Future[PeerError] = self._loop.create_future()
        self._waiting: dict[asyncio.Future[AnyResponse], None] = {}
        self._up: deque[tuple[AnyRequest, asyncio.Future[AnyResponse]]] = deque()
        self._down: deque[tuple[asyncio.Future[AnyResponse], AnyResponse]] = deque()
        seat.lines[self] = None
        seat.machine.visitors[self._visitor] = None

    def _own_number(self) -> int:
        return self.seat.tap.open(self.seat.account, self.seat.addr)

    def number(self, place: bytes) -> int:
        """The connection that a watcher sees for a box."""
        if self._number != NOBODY:
            return self._number
        if place not in self._numbers:
            self._numbers[place] = self.seat.tap.open(self.seat.account, self._visitor.addr)
        return self._numbers[place]

    @property
    def is_open(self) -> bool:
        return self._error is None

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:  # noqa: ARG002 - it is answered
        """See `Carrier.request`."""
        if self._error is not None:
            raise Unreachable(self._error.message)
        answer: asyncio.Future[AnyResponse] = self._loop.create_future()
        self._waiting[answer] = None
        self._up.append((request, answer))
        self._loop.call_later(self.seat.way(), self._arrive)
        try:
            return await answer
        except asyncio.CancelledError:
            self._visitor.gives_up(request)
            raise
        finally:
            self._waiting.pop(answer, None)

    def follow(self, request: FollowActivity) -> Answers:  # noqa: ARG002 - the machine does not know it, and is polled
        """See `PersistentCarrier.follow`."""
        answers = Answers(lambda: None, lambda: None)
        answers.put(Refusal("unsupported"))
        return answers

    async def wait_lost(self) -> PeerError:
        """See `PersistentCarrier.wait_lost`."""
        return await asyncio.shield(self._lost)

    async def close(self) -> None:
        """See `Carrier.close`."""
        self.lose(Unreachable("the connection was closed"))

    def lose(self, error: PeerError) -> None:
        """It is gone; anyone who waits hears of it."""
        if self._error is not None:
            return
        self._error = error
        seat = self.seat
        seat.lines.pop(self, None)
        seat.machine.leave(self._visitor)
        self._hang_up()
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(Unreachable(error.message))
        self._lost.set_result(error)

    def _hang_up(self) -> None:
        seat, lasted = self.seat, self._loop.time() - self._opened
        numbers = [*self._numbers.values()]
        if self._number != NOBODY:
            numbers.append(self._number)
        for number in numbers:
            seat.tap.close(number, self._visitor.addr, lasted)

    # -- inside

    # What is on its way keeps its order, as in a byte stream: timers of the same moment do not.

    def _arrive(self) -> None:
        request, answer = self._up.popleft()
        if self._error is not None:
            return
        period = self.seat.defences.poll_s
        if period and isinstance(request, Read | AwaitWake) and request.wait_s:
            self._visitor.ask(request, self._held(request, answer, period), quiet=True)
        else:
            self._visitor.ask(request, self._back(answer))

    def _back(self, answer: asyncio.Future[AnyResponse]) -> Reply:
        def reply(response: AnyResponse) -> None:
            self._down.append((answer, response))
            self._loop.call_later(self.seat.way(), self._come_back)

        return reply

    def _come_back(self) -> None:
        _settle(*self._down.popleft())

    def _held(self, request: Read | AwaitWake, answer: asyncio.Future[AnyResponse], period: int) -> Reply:
        """Polling: what waiting would bring at once is only found at the device's next turn."""

        def turn(response: AnyResponse) -> None:
            if self._error is not None:
                return
            if isinstance(request, AwaitWake):
                self._back(answer)(Frames(b"", 0, ()))
            elif isinstance(response, Frames):
                self._visitor.ask(structs.replace(request, wait_s=0), self._back(answer))
            else:
                self._back(answer)(response)

        def reply(response: AnyResponse) -> None:
            now, offset = self._loop.time(), self.seat.phase * period
            due = math.ceil((now - offset) / period) * period + offset
            self._loop.call_later(max(0.0, due - now), turn, response)

        return reply


class Posts:
    """One connection per request. Implements `nullabona.client.net.Carrier`."""

    is_open = True

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:  # noqa: ARG002 - it is answered
        """See `Carrier.request`."""
        seat, loop = self._seat, asyncio.get_running_loop()
        await asyncio.sleep(seat.way(2 * HANDSHAKES))
        if not seat.online:
            raise Unreachable("there is no network")
        addr, begun = seat.addr, loop.time()
        conn = seat.tap.open(seat.account, addr)
        answer: asyncio.Future[AnyResponse] = loop.create_future()
        visitor = Visitor(seat.machine, addr, lambda _: conn, wait_s=0)
        try:
            await asyncio.sleep(seat.way())
            visitor.ask(request, lambda response: _settle(answer, response))
            response = await answer
            await asyncio.sleep(seat.way())
            return response
        finally:
            seat.tap.close(conn, addr, loop.time() - begun)

    async def close(self) -> None:
        """See `Carrier.close`."""


async def look_up(seat: Seat, account: int, *, who: int = NOBODY) -> None:
    """A question about an account's card, or with ``who`` a card that its owner publishes, as the machine sees it."""
    await asyncio.sleep(seat.way(2 * HANDSHAKES))
    if not seat.online:
        raise Unreachable("there is no network")
    addr = seat.addr
    conn = seat.tap.open(seat.account, addr)
    seat.tap.note(Op.LOOKUP, conn, addr, place=account, who=who)
    lasts = seat.way(2)
    try:
        await asyncio.sleep(lasts)
    finally:
        seat.tap.close(conn, addr, lasts)


def _settle(answer: asyncio.Future[AnyResponse], response: AnyResponse) -> None:
    if not answer.done():
        answer.set_result(response)
