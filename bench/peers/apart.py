"""Clients of our relay as they are by default (spec/relay.md §4.5): they post on connections of their own, and hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from bench.peers.records import Socket, record
from nullabona.wire.endpoint import PATH
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    ActivityDigests,
    AnyResponse,
    FollowActivity,
    PollActivity,
    decode_response,
    encode,
)

WAIT_S = 60


class Poster:
    """Posts requests, each on a connection made for it, with the bytes that the product sends."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._address, _, port = host.rpartition(":")
        self._port = int(port)
        self.sent = 0
        self.received = 0
        """Bytes so far, without IP and TCP."""

    async def post(self, body: bytes) -> AnyResponse:
        """The answer, once the relay has hung up."""
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: application/octet-stream\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        request = head.encode() + body
        transport, exchange = await asyncio.get_running_loop().create_connection(
            lambda: _Exchange(request), self._address, self._port
        )
        try:
            answer = await exchange.answer
        finally:
            transport.abort()
        self.sent += len(request)
        self.received += len(answer)
        said, _, answered = answer.partition(b"\r\n\r\n")
        if not said.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"a request was not answered: {said[:40]!r}")
        return decode_response(answered)


class KeptPoster:
    """Posts requests on one connection, one after another, as a proxy does that keeps its connections."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._exchange: _KeptExchange | None = None

    async def post(self, body: bytes) -> AnyResponse:
        """The answer."""
        if self._exchange is None:
            address, _, port = self._host.rpartition(":")
            _, self._exchange = await asyncio.get_running_loop().create_connection(_KeptExchange, address, int(port))
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: application/octet-stream\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return decode_response(await self._exchange.ask(head.encode() + body))

    def close(self) -> None:
        """Hang up."""
        if self._exchange is not None:
            self._exchange.transport.abort()


class _KeptExchange(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._got = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        said, _, body = self._got.partition(b"\r\n\r\n")
        length = int(said.partition(b"content-length: ")[2].partition(b"\r\n")[0] or -1)
        if 0 <= length <= len(body) and self._answer is not None and not self._answer.done():
            self._got = b""
            self._answer.set_result(body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the relay hung up"))


class _Exchange(asyncio.Protocol):
    """One connection, one request."""

    def __init__(self, request: bytes) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._request = request
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer.done():
            return
        if exc is None:
            self.answer.set_result(self._got)
        else:
            self.answer.set_exception(exc)


class Poller:
    """Polls all activity, as the client does: asks for what there is, then waits; ``pause_s`` after each answer.

    ``told`` is called with the number of tags in each answer that has activity digests.
    """

    def __init__(self, pause_s: float, told: Callable[[int], None]) -> None:
        self._pause_s = pause_s
        self._told = told
        self._heard = 0
        self._wait_s = 0
        self._open = True
        self.socket = Socket(self._taken, lambda: None)
        self.socket.gone = self._gone

    def ask(self) -> None:
        """Hear, unless it hung up meanwhile."""
        if self._open:
            self.socket.send(record(encode(PollActivity(self._heard, self._wait_s))))

    def _taken(self, _: int, body: memoryview) -> None:
        answer = decode_response(body)
        if not isinstance(answer, ActivityDigests):
            raise TypeError(f"a polling client was told something else: {answer}")
        self._heard = answer.first + len(answer.digests) - 1
        self._wait_s = WAIT_S
        if answer.digests:
            self._told(sum(len(tags) for _, tags in answer.digests) // ACTIVITY_TAG_SIZE)
        asyncio.get_running_loop().call_later(self._pause_s, self.ask)

    def _gone(self) -> None:
        self._open = False


class Follower:
    """Is told of all activity, as the client is: asks for what there is, and then for all that comes.

    ``told`` is called with the number of tags in each answer that has activity digests.
    """

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._follows = False
        self.socket = Socket(self._taken, lambda: None)

    def ask(self) -> None:
        """Ask what there is."""
        self.socket.send(record(encode(PollActivity(0, 0))))

    def _taken(self, _: int, body: memoryview) -> None:
        answer = decode_response(body)
        if not isinstance(answer, ActivityDigests):
            raise TypeError(f"a client that follows was told something else: {answer}")
        if not self._follows:
            self._follows = True
            self.socket.send(record(encode(FollowActivity(answer.first + len(answer.digests) - 1))))
        elif answer.digests:
            self._told(sum(len(tags) for _, tags in answer.digests) // ACTIVITY_TAG_SIZE)


class Waiter:
    """Waits at one inbox, ``wait_s`` at a time. ``ended`` is called as each wait ends."""

    def __init__(self, read: bytes, ended: Callable[[], None]) -> None:
        self._read = record(read)
        self._ended = ended
        self._open = True
        self.socket = Socket(lambda _, __: None, self._again)
        self.socket.gone = self._gone

    def ask(self) -> None:
        """Wait, unless it hung up meanwhile."""
        if self._open:
            self.socket.send(self._read)

    def _again(self) -> None:
        self._ended()
        self.ask()

    def _gone(self) -> None:
        self._open = False
