"""The one port: reads a request head with h11, then answers HTTP itself or hands the connection to the WebSocket.

The head and body of a request have a deadline; nothing of a head is kept (spec/relay.md §2.2, docs/decisions/0004).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final, Protocol, cast

import h11

from nullabona.machine.stricthttp import StrictConnection
from nullabona.relay.arriving import Arriving
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BAD_REQUEST
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.handover import feed, nameless, upgrade_head
from nullabona.relay.unsent import Unsent
from nullabona.wire.messages import MAX_REQUEST, AnyResponse, Refusal, encode

PATH: Final = b"/v1"
LOG: Final = b"/log/"
"""Where the directory's log lies, laid out as C2SP tlog-tiles has it (spec/map.md §2)."""
CHECKPOINT: Final = b"checkpoint"
BINARY: Final = b"application/octet-stream"
TEXT: Final = b"text/plain; charset=utf-8"
METRICS: Final = b"text/plain; version=0.0.4; charset=utf-8"
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
_HEAD_BYTES: Final = 8_192
_READ_AHEAD: Final = 65_536
_LASTING: Final = b"public, max-age=31536000, immutable"
_MAY_ANSWER: Final = frozenset({h11.IDLE, h11.SEND_RESPONSE})


class House(Protocol):
    """What the front needs of the server."""

    limits: Limits
    dispatcher: Dispatcher
    stopping: bool
    unsent: Unsent
    arriving: Arriving

    def opened(self, front: Front) -> bool: ...
    def closed(self, front: Front) -> None: ...
    def caller_left(self, front: Front) -> None: ...
    @property
    def trouble(self) -> str: ...
    def metrics_text(self, transport: asyncio.Transport) -> str | None: ...
    def log_file(self, path: str) -> bytes | None: ...
    def websocket_protocol(self) -> asyncio.BufferedProtocol: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: bytes = TEXT
    close: bool = False
    lasting: bool = False
    """It never changes: caches may keep it."""


class Front(asyncio.Protocol):
    """One connection until it becomes a WebSocket or ends; a `Caller` for its one POST at a time."""

    def __init__(self, house: House) -> None:
        self.budget = Budget(house.limits)
        self.max_wait_s = house.limits.http_wait_s
        self._house = house
        self._limits = house.limits
        self._loop = asyncio.get_running_loop()
        self._http = StrictConnection(_HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._begun = self._loop.time()
        self._asked = False
        self._ahead = 0
        self._handed_over = False
        self._cut = False
        self._leaving = False
        """The last answer was given; the connection ends when it was taken."""
        self._left = 0

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._house.opened(self):
            self._transport.abort()
            return
        self._set_deadline(self._limits.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a caller's signature
        self._set_deadline(0)
        self._transport = None
        if not self._handed_over:
            self._house.caller_left(self)
            self._house.closed(self)

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        if not self._asked:
            self._advance()
            return
        self._ahead += len(data)
        self._house.arriving.add(len(data))
        if self._ahead > _READ_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    # -- what services call

    def answer(self, request_id: int, response: AnyResponse) -> None:  # noqa: ARG002 - a caller's signature
        malformed = isinstance(response, Refusal) and response.code == BAD_REQUEST.code
        self.budget.inflight -= 1
        self._reply(Answer(400 if malformed else 200, encode(response), BINARY))

    def answer_encoded(self, request_id: int, body: bytes) -> None:  # noqa: ARG002 - a caller's signature
        self.budget.inflight -= 1
        self._reply(Answer(200, body, BINARY))

    def is_full(self) -> bool:
        return self._house.unsent.is_too_much(self.unsent(), self._limits.unsent_bytes)

    # -- what the server calls

    def unsent(self) -> int:
        """Bytes of answers that the client has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def arrived(self) -> int:
        """Bytes of memory that a request takes before it is whole, and what came ahead of its answer."""
        return 0 if self._cut else len(self._body) + self._ahead

    def begun(self) -> float:
        """When the request began that has come in part."""
        return self._begun

    def cut_off(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._cut = True
            self._transport.abort()

    def close(self) -> None:
        """Hang up after what was written has left."""
        if self._transport is not None:
            self._transport.close()

    # -- inside

    def _advance(self) -> None:
        """Take what has arrived as far as it goes."""
        try:
            while not (self._asked or self._leaving or self._handed_over) and self._transport is not None:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    self._continue_100()
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._reply(Answer(error.error_status_hint, b"not an HTTP request\n", close=True))

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._take_head(event)
        elif isinstance(event, h11.Data):
            self._body += event.data
            self._house.arriving.add(len(event.data))
            if len(self._body) > MAX_REQUEST:
                self._reply(Answer(413, b"the request is too large\n", close=True))
        elif isinstance(event, h11.EndOfMessage):
            self._set_deadline(0)
            self._asked = True
            self._ask()
        else:
            self._leave()

    def _take_head(self, request: h11.Request) -> None:
        self._set_deadline(self._limits.body_timeout_s)
        self._begun = self._loop.time()
        headers = {bytes(name): bytes(value) for name, value in request.headers}
        self._request = request
        if sum(len(name) + len(value) for name, value in headers.items()) + len(request.target) > _HEAD_BYTES:
            self._reply(Answer(431, b"the request head is too large\n", close=True))
            return
        if headers.get(b"upgrade", b"").lower() == b"websocket":
            self._hand_over(request, headers)
            return
        refusal = _check_head(request, headers)
        if refusal is not None:
            self._reply(refusal)

    def _hand_over(self, request: h11.Request, headers: dict[bytes, bytes]) -> None:
        """Give the connection to the WebSocket: a clean head of ours, then whatever followed the client's head."""
        transport = self._transport
        key = headers.get(b"sec-websocket-key", b"")
        good = request.target == PATH and request.method == b"GET" and _KEY.fullmatch(key)
        if transport is None or not good or headers.get(b"sec-websocket-version") != b"13":
            self._reply(Answer(400, b"a WebSocket of version 13 is served at /v1\n", close=True))
            return
        self._set_deadline(0)
        self._handed_over = True
        self._request = None
        protocol = self._house.websocket_protocol()
        transport.set_protocol(protocol)
        protocol.connection_made(nameless(transport))
        feed(protocol, upgrade_head(key) + self._http.trailing_data[0])
        self._house.closed(self)

    def _ask(self) -> None:
        request = self._request
        assert request is not None
        body = bytes(self._body)
        self._body.clear()  # also where none is wanted: what comes next on this connection may be somebody else's
        if request.target == b"/healthz":
            self._reply(self._health())
        elif request.target == b"/metrics":
            self._reply(self._metrics())
        elif request.target.startswith(LOG):
            self._reply(self._log_file(request.target.removeprefix(LOG)))
        else:
            self._house.dispatcher.dispatch(body, self, 0)

    def _health(self) -> Answer:
        if self._house.stopping:
            return Answer(503, b"stopping\n")
        trouble = self._house.trouble
        return Answer(503, trouble.encode() + b"\n") if trouble else Answer(200, b"ok\n")

    def _metrics(self) -> Answer:
        text = None if self._transport is None else self._house.metrics_text(self._transport)
        return Answer(404, b"there is nothing here\n") if text is None else Answer(200, text.encode(), METRICS)

    def _log_file(self, path: bytes) -> Answer:
        data = self._house.log_file(path.decode("ascii", "replace"))
        if data is None:
            return Answer(404, b"there is nothing here\n")
        return Answer(200, data, TEXT if path == CHECKPOINT else BINARY, lasting=path != CHECKPOINT)

    def _reply(self, answer: Answer) -> None:
        """Send the one answer to the request in hand; then go on, or hang up."""
        transport = self._transport
        if transport is None or self._leaving or self._http.our_state not in _MAY_ANSWER:
            return
        self._set_deadline(0)
        sent = self._render(answer)
        transport.write(sent)
        self._house.unsent.add(len(sent))
        if self.unsent() > self._limits.unsent_bytes:
            transport.abort()
            return
        if answer.close or set(self._http.states.values()) != {h11.DONE}:
            self._leave()
            return
        self._next_request(transport)

    def _leave(self) -> None:
        """Hang up when what was written was taken; until then it counts as unread, and it may not stand still."""
        self._leaving = True
        self._left = self.unsent()
        self._set_deadline(self._limits.body_timeout_s)
        self.close()

    def _render(self, answer: Answer) -> bytes:
        headers = [(b"content-type", answer.kind), (b"content-length", b"%d" % len(answer.body)),
                   (b"cache-control", _LASTING if answer.lasting else b"no-store")]  # fmt: skip
        if answer.close:
            headers.append((b"connection", b"close"))
        head = h11.Response(status_code=answer.status, headers=headers)
        parts = (head, h11.Data(data=answer.body), h11.EndOfMessage())
        return b"".join(self._http.send(part) or b"" for part in parts)

    def _next_request(self, transport: asyncio.Transport) -> None:
        self._http.start_next_cycle()
        self._request = None
        self._asked = False
        if self._ahead > _READ_AHEAD:
            transport.resume_reading()
        self._ahead = 0
        self._set_deadline(self._limits.head_timeout_s)
        self._loop.call_soon(self._advance)

    def _continue_100(self) -> None:
        if self._http.they_are_waiting_for_100_continue and self._transport is not None:
            event = h11.InformationalResponse(status_code=100, headers=[])
            self._transport.write(self._http.send(event) or b"")

    def _set_deadline(self, seconds: int) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self._too_slow) if seconds else None

    def _too_slow(self) -> None:
        if self._leaving and 0 < self.unsent() < self._left:
            self._left = self.unsent()
            self._set_deadline(self._limits.body_timeout_s)
            return
        begun = self._request is not None or bool(self._http.trailing_data[0])
        if begun and not self._asked and not self._leaving:
            self._reply(Answer(408, b"the request took too long\n", close=True))
        elif self._transport is not None:
            self._transport.abort()


def _check_head(request: h11.Request, headers: dict[bytes, bytes]) -> Answer | None:
    """Why this request cannot be served, judged by its head."""
    if request.target in {b"/healthz", b"/metrics"} or request.target.startswith(LOG):
        return None if request.method == b"GET" else Answer(405, b"only GET is served here\n", close=True)
    if request.target != PATH:
        return Answer(404, b"there is nothing here\n", close=True)
    if request.method != b"POST":
        return Answer(405, b"only POST and WebSocket are served here\n", close=True)
    if headers.get(b"content-type") != BINARY:
        return Answer(415, b"the content-type must be application/octet-stream\n", close=True)
    if int(headers.get(b"content-length", b"0")) > MAX_REQUEST:
        return Answer(413, b"the request is too large\n", close=True)
    return None
