"""How long a node of an engine is waited for: as long as its answers go on coming (docs/decisions/0058)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest

from nullabona.extras import installed
from nullabona.relay.shelves.engine.driver import EngineFailed, Reply

if TYPE_CHECKING:
    from nullabona.relay.shelves.engine.connection import Connection

pytestmark = pytest.mark.skipif(not installed("engine"), reason="the extra 'engine' is not installed")
ANSWER_S = 2.0
PIECES = 32
FRAME = bytes(2**20)


class Clock:
    """Time that passes only here, and what is due then, for a connection."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[list[Reply]]:
        return asyncio.get_running_loop().create_future()

    def call_later(self, delay: float, deed: Callable[[], None]) -> Any:  # noqa: ANN401 - a handle
        self._due.append((self.now + delay, deed))
        return asyncio.get_running_loop().call_soon(lambda: None)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        while ready := [each for each in self._due if each[0] <= self.now]:
            for each in ready:
                self._due.remove(each)
                each[1]()


class Wire(asyncio.Transport):
    """Takes what is sent."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def abort(self) -> None: ...


def connected(clock: Clock) -> Connection:
    from nullabona.relay.shelves.engine.connection import Connection

    made = Connection(ANSWER_S, lambda _: None, lambda: None)
    made._loop = cast(asyncio.AbstractEventLoop, clock)
    made.connection_made(Wire())
    return made


def pieces_of(replies: int) -> list[bytes]:
    """What a node sends for so many reads of a MiB."""
    sent = (b"$%d\r\n%b\r\n" % (len(FRAME), FRAME)) * replies
    size = -(-len(sent) // PIECES)
    return [sent[at : at + size] for at in range(0, len(sent), size)]


def test_large_answers_on_a_slow_network_are_awaited() -> None:
    """They take longer together than one may be silent; what was asked behind them waits for them."""

    async def scene() -> None:
        clock = Clock()
        connection = connected(clock)
        large = connection.ask([(b"GET", b"key")] * 4)
        small = connection.ask([(b"PING",)])
        for piece in pieces_of(4):
            clock.advance(ANSWER_S / 4)
            connection.data_received(piece)
        clock.advance(ANSWER_S / 4)
        connection.data_received(b"+PONG\r\n")
        assert clock.now > ANSWER_S * 8
        assert ([FRAME] * 4, [b"PONG"]) == (await large, await small)
        assert not connection.closed

    asyncio.run(scene())


def test_a_node_that_falls_silent_is_left() -> None:
    """In the middle of an answer, and from the beginning: what had come is answered, the rest has failed."""

    async def scene() -> None:
        for came, wanted in ((b"+one\r\n$9\r\nhal", [b"one", EngineFailed]), (b"", [EngineFailed, EngineFailed])):
            clock = Clock()
            connection = connected(clock)
            asked = connection.ask([(b"GET", b"key")] * 2)
            clock.advance(ANSWER_S / 2)
            if came:
                connection.data_received(came)
            clock.advance(ANSWER_S * 0.9 if came else 0)
            patient = not connection.closed
            clock.advance(ANSWER_S)
            assert (True, True) == (patient, connection.closed)
            assert wanted == [each if isinstance(each, bytes) else type(each) for each in await asked]

    asyncio.run(scene())


def test_a_node_that_only_drips_is_left() -> None:
    """There is an end to it, however little comes at a time."""
    from nullabona.relay.shelves.engine.connection import LONGEST

    async def scene() -> None:
        clock = Clock()
        connection = connected(clock)
        asked = connection.ask([(b"GET", b"key")])
        connection.data_received(b"$1000\r\n")
        for _ in range(2 * LONGEST + 1):
            assert clock.now <= ANSWER_S * LONGEST
            clock.advance(ANSWER_S / 2)
            if connection.closed:
                break
            connection.data_received(b"x")
        assert connection.closed
        assert [EngineFailed] == [type(each) for each in await asked]

    asyncio.run(scene())
