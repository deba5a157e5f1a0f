"""The client's side of an HTTP/1.1 connection: one request and its answer at a time, of bounded size."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, cast

import h11

_HEAD_BYTES: Final = 16_384


class Unanswered(ConnectionError):
    """The connection ended before any part of an answer; a kept connection may have been closed meanwhile."""


class CutShort(h11.RemoteProtocolError):
    """The server ended its side within an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a server."""

    status: int
    kind: str
    body: bytes


class HttpExchange(asyncio.Protocol):
    """One connection. The caller sets deadlines and closes it."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._statuses: frozenset[int] | None = None
        self._status, self._kind, self._body, self._most = 0, "", bytearray(), 0
        self._begun = False

    async def ask(self, head: h11.Request, body: bytes, most: int, statuses: frozenset[int] | None = None) -> Reply:
        """The answer, of at most ``most`` bytes; with ``statuses`` only these are waited for to their end.

        Raises `Unanswered`, `ConnectionError`, or `h11.RemoteProtocolError` for what is no answer of HTTP or too long.
        """
        if self._transport is None or self._transport.is_closing():
            raise Unanswered("the connection has ended")
        self._answer = asyncio.get_running_loop().create_future()
        self._statuses, self._most, self._begun = statuses, most, False
        self._status, self._kind = 0, ""
        self._body.clear()
        parts = (head, *([h11.Data(data=body)] if body else []), h11.EndOfMessage())
        self._transport.write(b"".join(self._http.send(part) or b"" for part in parts))
        return await self._answer

    def is_reusable(self) -> bool:
        """Whether the connection can take another request after the last answer."""
        if self._transport is None or self._http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            return False
        self._http.start_next_cycle()
        return True

    def fail(self, error: Exception) -> None:
        """Raise ``error`` where the answer is awaited, and close the connection."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.hang_up()  # nothing was asked
            return
        self._begun = True
        try:
            self._receive(data)
        except h11.RemoteProtocolError as error:
            self.fail(error)

    def eof_received(self) -> None:
        if not self._begun:
            return
        try:
            self._receive(b"")
        except h11.RemoteProtocolError:
            self.fail(CutShort("the answer was cut short"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.ended.set()
        self.fail(ConnectionResetError(str(exc)) if self._begun else Unanswered("the connection was closed"))

    def _receive(self, data: bytes) -> None:
        self._http.receive_data(data)
        while self._answer is not None and not self._answer.done():
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._take(event, self._answer)

    def _take(self, event: object, answer: asyncio.Future[Reply]) -> None:
        if isinstance(event, h11.Response):
            self._status = event.status_code
            self._kind = dict(event.headers).get(b"content-type", b"").decode("latin-1")
            if self._statuses is not None and self._status not in self._statuses:
                answer.set_result(Reply(self._status, self._kind, b""))
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > self._most:
                raise h11.RemoteProtocolError("the answer is longer than it may be")
        elif isinstance(event, h11.EndOfMessage):
            answer.set_result(Reply(self._status, self._kind, bytes(self._body)))
