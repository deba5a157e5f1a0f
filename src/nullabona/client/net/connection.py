"""Many requests over one WebSocket, answered in any order (spec/relay.md §2.1).

What is ready in one turn of the loop leaves as one message. A relay that answers garbage loses the connection; a relay
that falls silent is asked, then dropped. Nothing is ever sent twice by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from nullabona.client.net.answers import Answers
from nullabona.client.net.dial import NetOptions
from nullabona.client.net.errors import TimedOut, Unreachable
from nullabona.client.net.ledger import Ledger, again
from nullabona.client.net.websocket import open_websocket
from nullabona.errors import Malformed, PeerError
from nullabona.wire.endpoint import Endpoint
from nullabona.wire.messages import MAX_RESPONSE, AnyRequest, AnyResponse, FollowActivity, encode
from nullabona.wire.records import HEAD, Assembly, split_records

MAX_MESSAGE: Final = MAX_RESPONSE + 1_048_576
"""Largest WebSocket message taken from a relay: its largest response, and room for small ones beside it."""
_FLUSH_BYTES: Final = 256 * 1_024
_ROOM: Final = 14
"""Bytes that picows wants free in front of a message."""
_GOODBYE_S: Final = 1.0
_OURS: Final = frozenset({WSCloseCode.PROTOCOL_ERROR, WSCloseCode.MESSAGE_TOO_BIG, WSCloseCode.INVALID_TEXT})
"""Close codes that picows sends when the relay broke the WebSocket protocol."""


async def connect(endpoint: Endpoint, options: NetOptions | None = None) -> Connection:
    """An open connection to the relay. Raises `ProxyRefused`, `RelayUntrusted` or `Unreachable`."""
    options = options or NetOptions()
    listener = _Listener(Ledger(options.most_requests))
    await open_websocket(endpoint, options, listener, MAX_MESSAGE)
    return Connection(listener)


class Connection:
    """A `Carrier` over one WebSocket. Made by `connect`; when it is lost, make another."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener

    @property
    def is_open(self) -> bool:
        return self._listener.error is None

    @property
    def waiting(self) -> int:
        """How many requests have no answer yet, abandoned ones included."""
        return len(self._listener.ledger)

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        """See `Carrier.request`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._listener.writable.wait()
                return await self._listener.send(request)
        except TimeoutError:
            raise TimedOut("the server did not answer in time") from None

    def follow(self, request: FollowActivity) -> Answers:
        """The relay's answers to a request that has many; a `Refusal` is the last one.

        Raises `TooManyRequests`, or why the connection ended. They have to be taken, or the connection closed: nothing
        else is read while they wait.
        """
        return self._listener.follow(request)

    async def wait_lost(self) -> PeerError:
        """Why the connection ended, once it has."""
        await self._listener.gone.wait()
        return again(self._listener.error or Unreachable("the connection has ended"))

    async def close(self) -> None:
        """See `Carrier.close`."""
        self._listener.end(Unreachable("the connection was closed"))
        # Not `asyncio.wait_for`: before Python 3.12 it loses a cancellation that comes as the goodbye does.
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._listener.gone.wait()
        finally:
            self._listener.abort()
        await self._listener.gone.wait()


class _Listener(WSListener):
    """What picows calls, and what a connection is made of."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.error: PeerError | None = None
        self.gone = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self._assembly = Assembly(MAX_MESSAGE)
        self._out = bytearray(_ROOM)
        self._dirty = False
        self._transport: WSTransport | None = None
        self._loop = asyncio.get_running_loop()

    # -- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        sent = getattr(transport.close_handshake, "sent", None)  # picows has None there until a close frame passed
        broke = sent is not None and sent.code in _OURS
        self._lose(Malformed("the relay breaks the protocol") if broke else Unreachable("the relay was lost"))
        self._transport = None
        self.gone.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        try:
            self._take(frame)
        except Malformed as error:
            self._lose(error)
            transport.disconnect(graceful=False)

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    # -- what the connection calls

    def send(self, request: AnyRequest) -> asyncio.Future[AnyResponse]:
        """Queue ``request``; its answer. Raises `TooManyRequests`, or why the connection ended."""
        answer: asyncio.Future[AnyResponse] = self._loop.create_future()
        self._queue(request, answer)
        return answer

    def follow(self, request: FollowActivity) -> Answers:
        """As `send`, of a request that has many answers."""
        answers = Answers(self._pause_reading, self._resume_reading)
        self._queue(request, answers)
        return answers

    def end(self, error: PeerError) -> None:
        """Say goodbye and hang up when it has been said."""
        self._lose(error)
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # -- inside

    def _queue(self, request: AnyRequest, answer: asyncio.Future[AnyResponse] | Answers) -> None:
        if self.ledger.is_forsaken:
            self.end(Unreachable("the relay does not answer"))
        if self.error is not None:
            raise again(self.error)
        request_id = self.ledger.enter(type(request), answer)
        body = encode(request)
        self._out += HEAD.pack(request_id, len(body))
        self._out += body
        if len(self._out) > _FLUSH_BYTES:
            self._flush()
        elif not self._dirty:
            self._dirty = True
            self._loop.call_soon(self._flush)

    def _pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._transport is not None:
            self._transport.underlying_transport.resume_reading()

    def _take(self, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is WSMsgType.CLOSE:
            self.end(Unreachable("the relay closed the connection"))
        elif kind is WSMsgType.TEXT:
            raise Malformed("the server sent a text frame")
        elif kind is WSMsgType.BINARY or kind is WSMsgType.CONTINUATION:
            self._take_part(frame, first=kind is WSMsgType.BINARY)

    def _take_part(self, frame: WSFrame, *, first: bool) -> None:
        message = self._assembly.add(frame.get_payload_as_bytes(), first=first, last=frame.fin)
        if message is None or self.error is not None:
            return
        for request_id, body in split_records(message, MAX_RESPONSE):
            self.ledger.settle(request_id, body)

    def _lose(self, error: PeerError) -> None:
        """Nothing is sent or answered from now on."""
        if self.error is None:
            self.error = error
            self.writable.set()
            self.ledger.fail(error)

    def _flush(self) -> None:
        self._dirty = False
        out, self._out = self._out, bytearray(_ROOM)
        if len(out) > _ROOM and self._transport is not None and self.error is None:
            self._transport.send_reuse_external_bytearray(WSMsgType.BINARY, out, _ROOM)
