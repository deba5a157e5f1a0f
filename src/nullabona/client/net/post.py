"""One HTTPS POST per request, each on a connection of its own: nothing ties two requests together (spec/relay.md §2.2).

The same bytes as over a WebSocket. Redirects, other statuses and other sizes are refused.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

import h11

from nullabona.client.net.dial import NetOptions, dial, translate
from nullabona.client.net.errors import TooManyRequests, Unreachable
from nullabona.client.net.ledger import decode_answer
from nullabona.errors import Malformed, PeerError
from nullabona.wire.endpoint import PATH, Endpoint
from nullabona.wire.messages import MAX_RESPONSE, AnyRequest, AnyResponse, encode

_HEAD_BYTES: Final = 16_384
_WITH_BODY: Final = frozenset({200, 400})
"""Statuses whose body is a response of this protocol."""


class PostCarrier:
    """A `Carrier` that opens a connection for each request."""

    def __init__(self, endpoint: Endpoint, options: NetOptions | None = None) -> None:
        self._endpoint = endpoint
        self._options = options or NetOptions()
        self._exchanges: set[_Exchange] = set()
        self._waiting = 0
        self._closed = False

    @property
    def is_open(self) -> bool:
        return not self._closed

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        """See `Carrier.request`."""
        self._check_open()
        if self._waiting >= self._options.most_requests:
            raise TooManyRequests("too many requests wait for this relay")
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                body = await self._exchange(encode(request))
        except (OSError, TimeoutError) as error:
            raise translate(error) from error
        finally:
            self._waiting -= 1
        return decode_answer(type(request), body)

    async def close(self) -> None:
        """See `Carrier.close`."""
        self._closed = True
        for exchange in list(self._exchanges):
            exchange.fail(Unreachable("the carrier was closed"))

    def _check_open(self) -> None:
        if self._closed:
            raise Unreachable("the carrier was closed")

    async def _exchange(self, body: bytes) -> bytes:
        async with asyncio.timeout(self._options.connect_s):
            exchange = await dial(self._endpoint, self._options, lambda: _Exchange(self._endpoint.authority, body))
        self._exchanges.add(exchange)
        try:
            self._check_open()
            return await exchange.answer
        finally:
            self._exchanges.discard(exchange)
            exchange.hang_up()


class _Exchange(asyncio.Protocol):
    """One request and its answer."""

    def __init__(self, host: str, body: bytes) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._request = self._render(host, body)
        self._body = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._receive(data)

    def eof_received(self) -> None:
        self._receive(b"")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        self._transport = None
        self.fail(Unreachable("the relay was lost"))

    def fail(self, error: PeerError) -> None:
        """Give ``error`` to whoever waits, and hang up."""
        if not self.answer.done():
            self.answer.set_exception(error)
        self.hang_up()

    def hang_up(self) -> None:
        """Let go of the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _render(self, host: str, body: bytes) -> bytes:
        """The request's bytes; no user agent, no cookie, no date."""
        headers = [
            ("host", host),
            ("content-type", "application/octet-stream"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        head = h11.Request(method="POST", target=PATH, headers=headers)
        parts = (head, h11.Data(data=body), h11.EndOfMessage())
        return b"".join(self._http.send(part) or b"" for part in parts)

    def _receive(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            while not self.answer.done():
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._take(event)
        except (h11.RemoteProtocolError, Malformed):
            if data:
                self.fail(Malformed("the relay does not speak this protocol"))
            else:
                self.fail(Unreachable("the relay was lost"))

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Response) and event.status_code not in _WITH_BODY:
            self.fail(Unreachable("the relay, or something before it, refuses requests"))
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > MAX_RESPONSE:
                raise Malformed("a response is too large")
        elif isinstance(event, h11.EndOfMessage):
            self.answer.set_result(bytes(self._body))
        elif isinstance(event, h11.ConnectionClosed):
            self.fail(Unreachable("the relay was lost"))
