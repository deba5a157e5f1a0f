"""How a connection passes from the HTTP front to picows (docs/decisions/0004-carriers.md)."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any, Final, Protocol

from picows import WSAutoPingStrategy, WSListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from nullabona.machine.websocket import SILENT
from nullabona.relay.wiping import wipe

READ_BUFFER: Final = 16 * 1024
_SERVER_SIDE: Final = False
_DISCONNECT_ON_EXCEPTION: Final = True
_NO_AUTO_PING: Final = False
"""The server pings all connections at once, without a task for each."""
_ANSWER_PINGS: Final = False
"""The listener does it: it is told of every frame then, and so of what is left in the buffer behind each."""


class Counting(Protocol):
    """Is told how much is in a connection's buffer."""

    part: int
    """Bytes in the buffer; set by who takes frames to what is left behind the last one."""

    def came(self) -> None:
        """More came, and every whole frame in it was taken."""
        ...


class _Counted(WSProtocol):  # type: ignore[misc]
    """Picows' protocol, whose buffer grows with the longest frame and never shrinks."""

    counting: Counting

    def buffer_updated(self, nbytes: int) -> None:
        counting = self.counting
        end = counting.part = counting.part + nbytes
        super().buffer_updated(nbytes)
        if 0 < counting.part < end:  # the begin of a frame was moved to the front, and lies where it came, too
            wipe(self.get_buffer(-1)[: end - counting.part])
        counting.came()


def websocket_protocol(listener: WSListener, counting: Counting, max_message: int) -> asyncio.BufferedProtocol:
    """A picows server protocol for one connection, ready for `connection_made`."""
    protocol = _Counted(
        None,  # host and port: a client's business
        None,  # path, as above
        _SERVER_SIDE,
        lambda _request: listener,
        SILENT,
        _DISCONNECT_ON_EXCEPTION,
        None,  # handshake timeout: the head has arrived already
        _NO_AUTO_PING,
        10,
        10,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        _ANSWER_PINGS,
        max_message,
        None,  # extra headers
        READ_BUFFER,
    )
    protocol.counting = counting
    made: asyncio.BufferedProtocol = protocol
    return made


def upgrade_head(key: bytes) -> bytes:
    """The head given to picows in place of the client's: picows keeps it as long as the connection lives."""
    return (
        b"GET /v1 HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )


def keep_little(transport: asyncio.Transport, size: int) -> None:
    """Have the system hold about ``size`` bytes at most that the other end does not take, in place of megabytes."""
    found = transport.get_extra_info("socket")
    if found is None:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(found.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def nameless(transport: asyncio.Transport) -> asyncio.Transport:
    """The transport, but for the names of its ends: picows asks for them at once, to log them, and a client's address
    that it freed would stay in the heap. Of a unix socket it ignores TCP options, which picows sets blindly.
    """
    return _Nameless(transport)


class _UnixSocket:
    def __init__(self, sock: Any) -> None:  # noqa: ANN401 - uvloop's stand-in for a socket
        self._sock = sock

    def fileno(self) -> int:
        return int(self._sock.fileno())

    def setsockopt(self, *args: object) -> None: ...

    def getsockopt(self, *_args: object) -> int:
        return 0


class _Nameless(asyncio.Transport):
    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self.write = transport.write  # type: ignore[method-assign]
        self.writelines = transport.writelines  # type: ignore[method-assign]
        self.close = transport.close  # type: ignore[method-assign]
        self.abort = transport.abort  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.get_write_buffer_size = transport.get_write_buffer_size  # type: ignore[method-assign]

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's signature
        if name in {"peername", "sockname"}:
            return default
        found = self._transport.get_extra_info(name, default)
        unix = name == "socket" and found is not None and found.family == socket.AF_UNIX
        return _UnixSocket(found) if unix else found
