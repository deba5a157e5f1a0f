"""The WebSocket under a connection: picows, with what it lacks (docs/decisions/0004-carriers.md).

A relay's handshake answer is bounded, redirects are not followed, and nothing is logged.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from picows import WSAutoPingStrategy, WSError, WSListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from nullabona.client.net.dial import NetOptions, dial, translate
from nullabona.client.net.errors import Unreachable
from nullabona.machine.websocket import SILENT
from nullabona.wire.endpoint import Endpoint

MAX_HANDSHAKE: Final = 16_384
_READ_BUFFER: Final = 16_384
_CLIENT_SIDE: Final = True
_DISCONNECT_ON_EXCEPTION: Final = True
_PING: Final = True
_PONG: Final = True


async def open_websocket(endpoint: Endpoint, options: NetOptions, listener: WSListener, max_message: int) -> None:
    """Connect ``listener`` to the relay; its ``on_ws_connected`` has been called when this returns.

    Raises `ProxyRefused`, `RelayUntrusted` or `Unreachable`.
    """
    guard: _Guard | None = None
    done = False
    try:
        async with asyncio.timeout(options.connect_s):
            guard = await dial(endpoint, options, lambda: _Guard(_protocol(endpoint, options, listener, max_message)))
            await guard.inner.wait_until_handshake_complete()
            done = guard.open
    except WSError as error:
        raise Unreachable("the server does not speak this protocol, or refuses connections") from error
    except (OSError, TimeoutError) as error:
        raise translate(error) from error
    finally:
        # Who stops waiting in the very moment in which it opened leaves no connection behind.
        if guard is not None and not done:
            guard.abort()
    if not done:
        raise Unreachable("the server closed the connection at once")


def _protocol(endpoint: Endpoint, options: NetOptions, listener: WSListener, max_message: int) -> WSProtocol:
    return WSProtocol(
        endpoint.authority,
        endpoint.path,
        _CLIENT_SIDE,
        lambda: listener,
        SILENT,
        _DISCONNECT_ON_EXCEPTION,
        None,  # handshake timeout: `connect_s` covers it
        _PING,
        options.idle_s,
        options.pong_s,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        _PONG,
        max_message,
        None,  # extra headers: none, and no user agent
        _READ_BUFFER,
    )


class _Guard(asyncio.BufferedProtocol):
    """Takes the place of picows until the handshake is over, and cuts off a relay that never ends it."""

    def __init__(self, inner: WSProtocol) -> None:
        self.inner = inner
        self.open = False
        self._taken = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.inner.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return cast(memoryview, self.inner.get_buffer(sizehint))

    def buffer_updated(self, nbytes: int) -> None:
        self._taken += nbytes
        self.inner.buffer_updated(nbytes)
        if self.inner.transport.response is not None:
            self.open = True
            if self._transport is not None:
                self._transport.set_protocol(self.inner)
        elif self._taken > MAX_HANDSHAKE:
            self.abort()

    def eof_received(self) -> bool | None:
        return cast("bool | None", self.inner.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Nothing to pause: only the handshake is written."""

    def resume_writing(self) -> None:
        """Nothing to resume."""

    def abort(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()
