"""The server's side of an HTTP/1.1 connection: one request at a time, each part with a limit and a deadline.

h11 parses. A client that breaks a limit or a deadline is refused and disconnected. No route is known here, nothing of a
head is kept after its answer, and the client's address is never asked for (docs/decisions/0012).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias, cast

import h11

from nullabona.machine.strict_http import StrictConnection

READ_AHEAD: Final = 65_536
"""Most bytes read ahead of later requests while one is answered."""
_TEXT: Final = b"text/plain; charset=utf-8"
_MAY_ANSWER: Final = frozenset({h11.IDLE, h11.SEND_RESPONSE})

Headers: TypeAlias = Sequence[tuple[bytes | str, bytes | str]]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer. ``headers``: in place of those that the server usually sends; ``close``: the connection ends."""

    status: int
    body: bytes = field(default=b"", repr=False)
    kind: bytes | str = _TEXT
    headers: Headers | None = None
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpStream(HttpAnswer):
    """An answer whose body is ``length`` bytes of ``parts``."""

    parts: AsyncIterator[bytes] = field(repr=False)
    length: int


def refuse(status: int, why: str, *, close: bool = True) -> HttpAnswer:
    """A refusal in plain words; by default it ends the connection."""
    return HttpAnswer(status, f"{why}\n".encode(), close=close)


_HEAD_TOO_LARGE: Final = refuse(431, "the request head is too large")
_TOO_LARGE: Final = refuse(413, "the request is too large")
_TOO_SLOW: Final = refuse(408, "the request took too long")
_FAILED: Final = refuse(500, "something went wrong inside")


class HttpConnection(asyncio.Protocol, ABC):
    """One connection until it ends or is handed over. Subclasses decide what is served, and call `reply` once each.

    ``head_s`` is the time for a head, counted from the begin of the connection or from the last answer; with ``idle_s``
    from the head's first byte. ``body_s`` is the time for a body, and for taking some of the last answer.
    """

    usual: Headers = ()
    """Headers of every answer, unless it has others."""

    def __init__(
        self, *, head_bytes: int, head_s: float, body_s: float, idle_s: float = 0, read_ahead: int = READ_AHEAD
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._http = StrictConnection(head_bytes)
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes, self._read_ahead = head_bytes, read_ahead
        self._head_s, self._body_s, self._idle_s = head_s, body_s, idle_s
        self._request: h11.Request | None = None
        self._length = self._limit = 0
        self._body = bytearray()
        self._busy = False
        """Nothing more is taken from h11: a request is being judged or answered, or the connection ends."""
        self._ahead = 0
        self._silent = idle_s > 0
        self._leaving = False
        """The last answer was given; the connection ends once the client has taken it."""
        self._left = 0
        """Bytes of answers that were unread at the last check."""

    # -- what subclasses decide

    def opened(self) -> bool:
        """Whether there is room for this connection."""
        return True

    def closed(self) -> None:
        """The connection has ended, or was handed over."""

    @abstractmethod
    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | int | None:
        """The refusal of a request by its head, or how many bytes its body may have. None: handed over, or `proceed` is
        called later.
        """

    def grew(self, size: int) -> HttpAnswer | None:  # noqa: ARG002 - for subclasses
        """``size`` bytes of a body arrived; a refusal if they cannot be held."""
        return None

    def came_ahead(self, size: int) -> None:
        """``size`` bytes of later requests arrived during the current one."""

    @abstractmethod
    def ask(self, request: h11.Request, body: bytes) -> None:
        """Answer a whole request, now or later, by `reply`."""

    def sent(self, size: int) -> bool:  # noqa: ARG002 - for subclasses
        """``size`` bytes of an answer were written. False: the client leaves too much unread and is disconnected."""
        return True

    # -- what the server asks and calls

    @property
    def waits(self) -> bool:
        """Whether no request is being judged or answered, and no head is complete."""
        return self._request is None and not self._busy

    def unsent(self) -> int:
        """Bytes of answers that the client has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close the connection after the written data was sent."""
        if self._transport is not None:
            self._transport.close()

    def cut_off(self) -> None:
        """Close the connection at once; unsent data is lost."""
        if self._transport is not None:
            self._transport.abort()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self.opened():
            self._transport.abort()
            return
        self._set_deadline(self._head_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._set_deadline(0)
        self._transport = None
        self._busy = True
        self.closed()

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        if not self._busy:
            if self._silent:
                self._silent = False
                self._set_deadline(self._head_s)
            self._advance()
            return
        self._ahead += len(data)
        self.came_ahead(len(data))
        if self._ahead > self._read_ahead and self._transport is not None:
            self._transport.pause_reading()

    # -- reading

    def _advance(self) -> None:
        """Process the received data as far as possible."""
        try:
            while not self._busy:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    self._continue_100()
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self.reply(refuse(error.error_status_hint, "not an HTTP request"))

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._take_head(event)
        elif isinstance(event, h11.Data):
            if self._request is not None:  # else it was refused by its head, and the rest is dropped
                self._take_data(event)
        elif isinstance(event, h11.EndOfMessage):
            self._take_end(self._request)
        else:
            self._leave()

    def _take_head(self, request: h11.Request) -> None:
        self._set_deadline(self._body_s)
        self._request = request
        pairs = [*request.headers]
        headers = dict(pairs)
        self._length = int(headers.get(b"content-length", b"0"))
        if sum(map(len, chain.from_iterable(pairs))) + len(request.target) > self._head_bytes:
            self.reply(_HEAD_TOO_LARGE)
        elif (judged := self.judge(request, headers)) is not None:
            self.proceed(judged)

    def _take_data(self, event: h11.Data) -> None:
        self._body += event.data
        refusal = _TOO_LARGE if len(self._body) > self._limit else self.grew(len(event.data))
        if refusal is not None:
            self.reply(refusal)

    def _take_end(self, request: h11.Request | None) -> None:
        if request is None:
            self._next_request()
            return
        self._set_deadline(0)
        self._busy = True
        body = bytes(self._body)
        self._body.clear()
        self.ask(request, body)

    def proceed(self, judged: HttpAnswer | int) -> None:
        """Refuse the request whose head was judged, or take its body of at most so many bytes."""
        if isinstance(judged, HttpAnswer):
            self.reply(judged)
        elif self._length > judged:
            self.reply(_TOO_LARGE)
        else:
            self._limit = judged

    def judge_later(self) -> None:
        """Process nothing more until `resume` is called."""
        self._busy = True
        self._set_deadline(0)

    def resume(self, judged: HttpAnswer | int) -> None:
        """As `proceed`, of a request that was to be judged later."""
        if self._transport is None:
            return
        self._busy, self._ahead = False, 0
        self._transport.resume_reading()
        self._set_deadline(self._body_s)
        self.proceed(judged)
        self._advance()

    def _continue_100(self) -> None:
        if self._http.they_are_waiting_for_100_continue and self._transport is not None:
            event = h11.InformationalResponse(status_code=100, headers=[])
            self._transport.write(self._http.send(event) or b"")

    def hand_over(self) -> bytes:
        """Give the connection to another protocol; return the bytes received after the head."""
        self._set_deadline(0)
        self._transport = self._request = None
        self._busy = True
        return self._http.trailing_data[0]

    # -- answering

    def reply(self, answer: HttpAnswer) -> None:
        """Send the answer to the current request; then continue, or close the connection."""
        transport = self._transport
        if transport is None or self._leaving or self._http.our_state not in _MAY_ANSWER:
            return
        self._set_deadline(0)
        # Who waited for leave to send a body may send it or not; what comes next would have two meanings.
        close = answer.close or self._http.they_are_waiting_for_100_continue
        written = self._head(answer, len(answer.body), close=close)
        if answer.body and not self._is_head():
            written += self._http.send(h11.Data(data=answer.body)) or b""
        written += self._http.send(h11.EndOfMessage()) or b""
        transport.write(written)
        if self.sent(len(written)):
            self._finish(close=close)
        else:
            transport.abort()

    def _is_head(self) -> bool:
        return self._request is not None and self._request.method == b"HEAD"

    def _head(self, answer: HttpAnswer, length: int, *, close: bool) -> bytes:
        headers = [(b"content-type", answer.kind), (b"content-length", b"%d" % length),
                   *(self.usual if answer.headers is None else answer.headers)]  # fmt: skip
        if close:
            headers.append((b"connection", b"close"))
        return self._http.send(h11.Response(status_code=answer.status, headers=headers)) or b""  # type: ignore[arg-type]

    def _finish(self, *, close: bool) -> None:
        self._left = self.unsent()
        if close or self._http.our_state is not h11.DONE:
            self._leave()
        elif self._http.their_state is h11.DONE:
            self._next_request()
        else:
            self._request, self._busy = None, False
            self._body.clear()
            self._set_deadline(self._head_s)
            self._loop.call_soon(self._advance)

    def _leave(self) -> None:
        """Close once the client has taken the answer; until then the taking must not stall."""
        self._leaving = self._busy = True
        self._body.clear()
        self._set_deadline(self._body_s)
        if self._transport is not None:
            self._transport.close()

    def _next_request(self) -> None:
        self._http.start_next_cycle()
        self._request = None
        self._busy = False
        if self._ahead > self._read_ahead and self._transport is not None:
            self._transport.resume_reading()
        self._ahead = 0
        self._silent = self._idle_s > 0 and not self._http.trailing_data[0]
        self._set_deadline(self._idle_s if self._silent else self._head_s)
        self._loop.call_soon(self._advance)

    # -- deadlines

    def _set_deadline(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self._too_slow) if seconds else None

    def _too_slow(self) -> None:
        begun = self._request is not None or bool(self._http.trailing_data[0])
        if 0 < self.unsent() < self._left:
            self._left = self.unsent()
            self._set_deadline(self._body_s)
        elif begun and not self._busy and self._http.our_state in _MAY_ANSWER:
            self.reply(_TOO_SLOW)
        else:
            self.cut_off()


class HttpTaskConnection(HttpConnection):
    """A connection whose requests are answered by a task each, at the speed at which the client takes the answers."""

    def __init__(
        self, *, head_bytes: int, head_s: float, body_s: float, idle_s: float = 0, read_ahead: int = READ_AHEAD
    ) -> None:
        super().__init__(head_bytes=head_bytes, head_s=head_s, body_s=body_s, idle_s=idle_s, read_ahead=read_ahead)
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
