"""A relay that lies: stands between a client and the real relay and does to answers whatever a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_connect, ws_create_server

from nullabona.client.api import Client, NetOptions, Options
from nullabona.client.net import Connection, Endpoint, PostCarrier, TimedOut, connect, parse_endpoint
from nullabona.client.net.ledger import decode_answer
from nullabona.wire.messages import (
    MAX_REQUEST,
    MAX_RESPONSE,
    AnyRequest,
    AnyResponse,
    AwaitWake,
    FollowActivity,
    PollActivity,
    Read,
    decode_request,
    decode_response,
    encode,
)
from nullabona.wire.records import HEAD, split_records
from tests.api.people import PATIENCE_S, QUICK, befriend, new_name, opened
from tests.api.service import Service

Twist = Callable[[AnyRequest, AnyResponse], AnyResponse | bytes | None]
"""What to answer instead: a response, raw bytes as a response's body, or nothing at all."""


def honest(_: AnyRequest, answer: AnyResponse) -> AnyResponse:
    """What the relay said."""
    return answer


@dataclass
class Middle:
    """The liar. ``twist`` may be changed at any time."""

    upstream: str
    twist: Twist = honest
    rush: bool = False
    """Let nothing wait."""
    url: str = ""
    asked: list[AnyRequest] = field(default_factory=list)
    clients: set[WSTransport] = field(default_factory=set)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def lie(self, twist: Twist) -> None:
        """Change the twist; returns once a client was told something by it that the relay did not say."""
        self._told.clear()
        self.twist = twist
        await self._told.wait()

    def twisted(self, request: AnyRequest, answer: AnyResponse) -> AnyResponse | bytes | None:
        """What the client is told."""
        told = self.twist(request, answer)
        if told is not answer:
            self._told.set()
        return told

    def hang_up(self) -> None:
        """Drop every connection."""
        for transport in list(self.clients):
            transport.disconnect(graceful=False)


class _Front(WSListener):
    """One client's connection and, behind it, one to the real relay."""

    def __init__(self, middle: Middle) -> None:
        super().__init__()
        self._middle = middle
        self._open: dict[int, AnyRequest] = {}
        self._early: list[bytes] = []
        self._back: WSTransport | None = None
        self._front: WSTransport | None = None
        self._task: asyncio.Task[None] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._front = transport
        self._middle.clients.add(transport)
        self._task = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        self._back, _ = await ws_connect(lambda: _Back(self), f"{self._middle.upstream}/v1", max_frame_size=2**26)
        for message in self._early:
            self._back.send(WSMsgType.BINARY, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._middle.clients.discard(transport)
        self._front = None
        if self._back is not None:
            self._back.disconnect(graceful=False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        if frame.msg_type is not WSMsgType.BINARY:
            return
        message = frame.get_payload_as_bytes()
        for request_id, body in split_records(message, MAX_REQUEST):
            self._open[request_id] = decode_request(body)
            self._middle.asked.append(self._open[request_id])
        if self._middle.rush:
            message = b"".join(
                _hurried(request_id, self._open[request_id]) for request_id, _ in split_records(message, MAX_REQUEST)
            )
        if self._back is None:
            self._early.append(message)
        else:
            self._back.send(WSMsgType.BINARY, message)

    def answered(self, message: bytes) -> None:
        """The real relay answered."""
        for request_id, body in split_records(message, MAX_RESPONSE):
            request = self._open[request_id]
            if not isinstance(request, FollowActivity):
                del self._open[request_id]
            told = self._middle.twisted(request, decode_response(body))
            if told is not None and self._front is not None:
                data = told if isinstance(told, bytes) else encode(told)
                self._front.send(WSMsgType.BINARY, HEAD.pack(request_id, len(data)) + data)


def _hurried(request_id: int, request: AnyRequest) -> bytes:
    body = encode(
        msgspec.structs.replace(request, wait_s=0) if isinstance(request, Read | AwaitWake | PollActivity) else request
    )
    return HEAD.pack(request_id, len(body)) + body


class _Back(WSListener):
    def __init__(self, front: _Front) -> None:
        super().__init__()
        self._front = front

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.BINARY:
            self._front.answered(frame.get_payload_as_bytes())


@asynccontextmanager
async def lying_relay(upstream: str) -> AsyncIterator[Middle]:
    """A liar before the relay at ``upstream``; honest until told otherwise. Speaks WebSocket only."""
    middle = Middle(upstream)

    def listener(_: WSUpgradeRequest) -> WSListener:
        return _Front(middle)

    server = await ws_create_server(listener, "127.0.0.1", 0, max_frame_size=2**26, logger_name=None)
    middle.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield middle
    finally:
        server.close()
        middle.hang_up()


class _Posts(PostCarrier):
    """Requests that have a connection each, to the real relay; answers pass through the liar."""

    def __init__(self, middle: Middle, endpoint: Endpoint, options: NetOptions) -> None:
        super().__init__(endpoint, options)
        self._middle = middle

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        self._middle.asked.append(request)
        told = self._middle.twisted(request, await super().request(request, timeout_s))
        if told is None:
            await asyncio.sleep(timeout_s)
            raise TimedOut("the relay did not answer in time")
        return decode_answer(type(request), told if isinstance(told, bytes) else encode(told))


@asynccontextmanager
async def pair(
    service: Service, folder: Path, *, together: bool = False, options: Options = QUICK
) -> AsyncIterator[tuple[Middle, Client, Client, bytes]]:
    """Two contacts. All that the first one reads and appends passes through the liar, nothing of the second one's.

    ``together``: the first one's rooms share a connection.
    """
    async with AsyncExitStack() as stack:
        middle = await stack.enter_async_context(lying_relay(service.url))

        async def through(endpoint: Endpoint, options: NetOptions) -> Connection:
            assert service.host == endpoint.authority
            return await connect(parse_endpoint(middle.url), options)

        def posts(endpoint: Endpoint, options: NetOptions) -> _Posts:
            return _Posts(middle, endpoint, options)

        lied_to = replace(options, net=NetOptions(fast=together), dial=through, post=posts)
        a = await stack.enter_async_context(opened(folder / "a", lied_to))
        b = await stack.enter_async_context(opened(folder / "b"))
        for client, name in ((a, "a"), (b, "b")):
            await client.account.create(service.handle(new_name(name)))
            await client.account.wait_published(timeout_s=PATIENCE_S)
        yield middle, a, b, await befriend(a, b)
