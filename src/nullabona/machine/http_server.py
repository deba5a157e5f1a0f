"""The server's side of an HTTP/1.1 connection: one request at a time, each part with a limit and a deadline.

h11 parses. A client that breaks a limit or a deadline is refused and disconnected. No route is known here, nothing of a
head is kept after its answer, and the client's address is never asked for (docs/decisions/0012).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from itertools import chain
from typing import Final, cast

import h11

from nullabona.machine.deadlines import NEVER, Deadlines
from nullabona.machine.http_answer import Headers, HttpAnswer, refuse
from nullabona.machine.strict_http import StrictConnection

READ_AHEAD: Final = 65_536
"""Most bytes read ahead of later requests while one is answered."""
_MAY_ANSWER: Final = frozenset({h11.IDLE, h11.SEND_RESPONSE})
_HEAD_TOO_LARGE: Final = refuse(431, "the request head is too large")
_TOO_LARGE: Final = refuse(413, "the request is too large")
_TOO_SLOW: Final = refuse(408, "the request took too long")


class HttpConnection(asyncio.Protocol, ABC):
    """One connection until it ends or is handed over. Subclasses decide what is served, and call `reply` once each.

    ``head_s`` is the time for a head, counted from the begin of the connection or from the last answer; with ``idle_s``
    from the head's first byte. ``body_s`` is the time for a body, and for taking some of the last answer. ``deadlines``
    looks at them, so each may take as much longer as lies between two looks.
    """

    usual: Headers = ()
    """Headers of every answer, unless it has others."""

    _http: StrictConnection

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
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadlines = deadlines
        self.due = NEVER
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
        self._begin()
        self._set_deadline(self._head_s)
        self._deadlines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._end_deadlines()
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
        self._hold_back(len(data))

    # -- reading

    def _begin(self) -> None:
        """The connection is there; nothing was read yet."""
        self._http = StrictConnection(self._head_bytes)

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

    def _hold_back(self, size: int) -> None:
        """So many bytes of later requests are held; do not read much more of them."""
        self._ahead += size
        self.came_ahead(size)
        if self._ahead > self._read_ahead and self._transport is not None:
            self._transport.pause_reading()

    def _read_on(self) -> None:
        """The next request is taken from what is held."""
        if self._ahead > self._read_ahead and self._transport is not None:
            self._transport.resume_reading()
        self._ahead = 0

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
        if ahead := len(self._http.trailing_data[0]):
            self._hold_back(ahead)
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
        self._end_deadlines()
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
        self._read_on()
        self._silent = self._idle_s > 0 and not self._http.trailing_data[0]
        self._set_deadline(self._idle_s if self._silent else self._head_s)
        self._loop.call_soon(self._advance)

    # -- deadlines

    def _set_deadline(self, seconds: float) -> None:
        self.due = self._loop.time() + seconds if seconds else NEVER

    def _end_deadlines(self) -> None:
        self.due = NEVER
        self._deadlines.discard(self)

    def too_slow(self) -> None:
        """See `nullabona.machine.deadlines.Timed`."""
        if 0 < self.unsent() < self._left:
            self._left = self.unsent()
            self._set_deadline(self._body_s)
        elif self._is_in_part():
            self.reply(_TOO_SLOW)
        else:
            self.cut_off()

    def _is_in_part(self) -> bool:
        """Whether a request has begun to come and is not whole."""
        begun = self._request is not None or bool(self._http.trailing_data[0])
        return begun and not self._busy and self._http.our_state in _MAY_ANSWER
