"""A connection to the console without a socket, and a desk's thread that is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from nullabona.docket.console.serving.connection import ConsoleConnection, ConsoleServer


class SameLoop:
    """Calls at once, on the loop that asks: a console on one thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, asyncio.get_running_loop())


class Wire(asyncio.Transport):
    """What the console wrote, and whether it hung up."""

    def __init__(self, server: ConsoleServer) -> None:
        super().__init__()
        self.said = b""
        self.ended = False
        self.heard = asyncio.Event()
        """Set when something was written or it hung up."""
        self.connection = ConsoleConnection(server)
        self.connection.connection_made(self)

    def send(self, data: bytes) -> None:
        if not self.ended:
            self.connection.data_received(data)

    @property
    def status(self) -> int:
        """Of the first answer; 0 before it came."""
        return int(self.said.split(b" ", 2)[1]) if self.said else 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += data
        self.heard.set()

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def close(self) -> None:
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)
        self.heard.set()

    abort = close
