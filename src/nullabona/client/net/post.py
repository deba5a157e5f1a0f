"""One HTTPS POST per request, each on a connection of its own: nothing ties two requests together (spec/relay.md §2.2).

The same bytes as over a WebSocket; no user agent, no cookie, no date. Redirects, other statuses and other sizes are
refused.
"""

from __future__ import annotations

import asyncio
from typing import Final

import h11

from nullabona.client.net.dial import NetOptions, dial, translate
from nullabona.client.net.errors import TooManyRequests, Unreachable
from nullabona.client.net.ledger import decode_answer
from nullabona.errors import Malformed
from nullabona.machine.http_exchange import CutShort, HttpExchange
from nullabona.wire.endpoint import Endpoint
from nullabona.wire.messages import MAX_RESPONSE, AnyRequest, AnyResponse, encode

_WITH_BODY: Final = frozenset({200, 400})
"""Statuses whose body is a response of this protocol."""


class PostCarrier:
    """A `Carrier` that opens a connection for each request."""

    def __init__(self, endpoint: Endpoint, options: NetOptions | None = None) -> None:
        self._endpoint = endpoint
        self._options = options or NetOptions()
        self._exchanges: set[HttpExchange] = set()
        self._waiting = 0
        self._closed = False

    @property
    def is_open(self) -> bool:
        return not self._closed

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        """See `Carrier.request`."""
        self._check_open()
        if self._waiting >= self._options.most_requests:
            raise TooManyRequests("too many requests are waiting for this server")
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
        headers = [
            ("host", self._endpoint.authority),
            ("content-type", "application/octet-stream"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        head = h11.Request(method="POST", target=self._endpoint.path, headers=headers)
        async with asyncio.timeout(self._options.connect_s):
            exchange = await dial(self._endpoint, self._options, HttpExchange)
        self._exchanges.add(exchange)
        try:
            self._check_open()
            reply = await exchange.ask(head, body, MAX_RESPONSE, _WITH_BODY)
        except (CutShort, ConnectionError) as error:
            raise Unreachable("the connection to the server was lost") from error
        except h11.RemoteProtocolError as error:
            raise Malformed("the server does not speak this protocol") from error
        finally:
            self._exchanges.discard(exchange)
            exchange.hang_up()
        if reply.status not in _WITH_BODY:
            raise Unreachable("the server, or a proxy in front of it, refuses requests")
        return reply.body
