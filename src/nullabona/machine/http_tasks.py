"""An HTTP connection whose requests are answered by tasks, whole or in parts."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final

import h11

from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import HttpAnswer, HttpStream, refuse
from nullabona.machine.http_server import READ_AHEAD, HttpConnection

_FAILED: Final = refuse(500, "something went wrong inside")


class HttpTaskConnection(HttpConnection):
    """A connection whose requests are answered by a task each, at the speed at which the client takes the answers."""

    def __init__(
        self,
        *,
        head_bytes: int,
        head_s: float,
        body_s: float,
        deadlines: Deadlines,
        idle_s: float = 0,
        read_ahead: int = READ_AHEAD,
    ) -> None:
        super().__init__(
            head_bytes=head_bytes, head_s=head_s, body_s=body_s, deadlines=deadlines, idle_s=idle_s,
            read_ahead=read_ahead,
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    @abstractmethod
    async def respond(self, request: h11.Request, body: bytes) -> HttpAnswer:
        """The answer to a whole request. An exception is answered with 500 and passed to the loop's handler."""

    def ask(self, request: h11.Request, body: bytes) -> None:
        """See `HttpConnection.ask`."""
        self._task = self._loop.create_task(self._serve(request, body))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._writable.set()

    async def _serve(self, request: h11.Request, body: bytes) -> None:
        try:
            answer = await self.respond(request, body)
        except Exception:
            self.reply(_FAILED)
            raise
        if isinstance(answer, HttpStream):
            await self._stream(answer)
        else:
            await self._writable.wait()
            self.reply(answer)

    async def _stream(self, answer: HttpStream) -> None:
        """Send an answer in parts. If its source fails, the connection ends, because the head was already sent."""
        if self._transport is None or self._leaving:
            return
        try:
            self._write(self._head(answer, answer.length, close=answer.close))
            if not self._is_head():
                async for part in answer.parts:
                    self._write(self._http.send(h11.Data(data=part)))
                    await self._writable.wait()
            self._write(self._http.send(h11.EndOfMessage()))
        except Exception:  # noqa: BLE001 - nothing of what went wrong is told
            self.cut_off()
        else:
            self._finish(close=answer.close)

    def _write(self, data: bytes | None) -> None:
        if self._transport is not None and data:
            self._transport.write(data)
