"""How a connection passes from the HTTP front to picows, which speaks WebSocket (docs/decisions/0008)."""

from __future__ import annotations

import asyncio
from typing import Final

from picows import WSAutoPingStrategy, WSListener, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from nullabona.machine.websocket import SILENT, feed

SUBPROTOCOL: Final = "nulla"
MAX_MESSAGE: Final = 2 * 1_048_576
"""Most bytes of a call."""
_READ_BUFFER: Final = 16 * 1024
_SERVER_SIDE: Final = False
_DISCONNECT_ON_EXCEPTION: Final = True
_PING: Final = True
_PING_S: Final = 20
_PONG_S: Final = 20
_ANSWER_PINGS: Final = True


def hand_over(transport: asyncio.Transport, listener: WSListener, key: str, ahead: bytes) -> None:
    """Make a WebSocket of the connection whose upgrade was asked for with ``key``; ``ahead`` had arrived after it."""
    protocol: asyncio.BufferedProtocol = WSProtocol(
        None,  # host and port: of a client
        None,  # path, in the same way
        _SERVER_SIDE,
        lambda _request: WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_101_response({"Sec-WebSocket-Protocol": SUBPROTOCOL}), listener
        ),
        SILENT,
        _DISCONNECT_ON_EXCEPTION,
        None,  # handshake timeout: the head has arrived already
        _PING,
        _PING_S,
        _PONG_S,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        _ANSWER_PINGS,
        MAX_MESSAGE,
        None,  # extra headers of a client
        _READ_BUFFER,
    )
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    feed(protocol, _head(key) + ahead)


def _head(key: str) -> bytes:
    """A head of ours in place of the client's, which held a token: picows keeps it as long as the connection lives."""
    return (
        "GET /ws HTTP/1.1\r\nHost: page\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode("ascii")
