"""A connection of the load generator: bytes in, bytes out, with just enough to wait for what a handshake answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

Parse = Callable[[bytes], int]
"""Takes what has arrived; returns how many bytes of it are done with."""


class Wire(asyncio.Protocol):
    """One TCP connection. Until `stream`, what comes is kept for `until`; from then on ``parse`` has it."""

    def __init__(self) -> None:
        self._held = b""
        self._parse: Parse | None = None
        self._marker = b""
        self._found: asyncio.Future[bytes] | None = None
        self._lost = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=2**30)
        self.write = self.transport.write

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        if self._found is not None and not self._found.done():
            self._found.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        held = self._held + data if self._held else data
        if self._parse is not None:
            used = self._parse(held)
            self._held = held[used:] if used < len(held) else b""
            return
        self._held = held
        self._look()

    async def until(self, marker: bytes) -> bytes:
        """What came up to and with ``marker``."""
        if self._lost:
            raise ConnectionResetError("the server hung up")
        self._marker = marker
        self._found = asyncio.get_running_loop().create_future()
        self._look()
        return await self._found

    def stream(self, parse: Parse) -> None:
        """Give everything that comes to ``parse``, what is held included."""
        self._parse = parse
        if self._held:
            held, self._held = self._held, b""
            self.data_received(held)

    def close(self) -> None:
        """Hang up."""
        self.transport.abort()

    def _look(self) -> None:
        if self._found is None or self._found.done():
            return
        at = self._held.find(self._marker)
        if at >= 0:
            end = at + len(self._marker)
            found, self._held = self._held[:end], self._held[end:]
            self._found.set_result(found)


async def dial(port: int) -> Wire:
    """A connection to a port of loopback."""
    _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", port)
    return wire


class Crowd:
    """Connections that are hung up together."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []

    async def dial(self, port: int) -> Wire:
        """A connection of this crowd."""
        wire = await dial(port)
        self.wires.append(wire)
        return wire

    def close(self) -> None:
        """Hang up all."""
        for wire in self.wires:
            wire.close()
        self.wires.clear()
