"""The relay's port: answers HTTP/1.1, or hands a connection over to the WebSocket (spec/relay.md §2.2)."""

from __future__ import annotations

import asyncio
import re
from typing import Final, Protocol

import h11

from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import Headers, HttpAnswer, refuse
from nullabona.machine.known_head import KnownHeadConnection
from nullabona.machine.websocket import feed
from nullabona.relay.arriving import Arriving
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BAD_REQUEST
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.handover import nameless, upgrade_head
from nullabona.relay.invite_page import INVITE, INVITE_PAGE
from nullabona.relay.unsent import Unsent
from nullabona.relay.wiping import wipe_secret
from nullabona.wire.messages import MAX_REQUEST, AnyResponse, Refusal, encode

LOG: Final = b"/log/"
"""The folder of the directory's log, laid out as in C2SP tlog-tiles (spec/map.md §2)."""
CHECKPOINT: Final = b"checkpoint"
BINARY: Final = b"application/octet-stream"
METRICS: Final = b"text/plain; version=0.0.4; charset=utf-8"
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
_HEAD_BYTES: Final = 8_192
_IMMUTABLE: Final[Headers] = ((b"cache-control", b"public, max-age=31536000, immutable"),)
_NOTHING_HERE: Final = "there is nothing here"


class Owner(Protocol):
    """What a connection needs of the server."""

    limits: Limits
    deadlines: Deadlines
    dispatcher: Dispatcher
    stopping: bool
    unsent: Unsent
    arriving: Arriving
    path: bytes
    """The one path at which clients ask, of which no other spelling is served."""
    post_head: re.Pattern[bytes]
    """The usual heads of requests to it."""

    def opened(self, front: Front) -> bool: ...
    def closed(self, front: Front) -> None: ...
    def caller_left(self, front: Front) -> None: ...
    @property
    def trouble(self) -> str: ...
    @property
    def unready(self) -> str: ...
    def metrics_text(self, transport: asyncio.Transport) -> str | None: ...
    def log_file(self, path: str) -> bytes | None: ...
    def websocket_protocol(self) -> asyncio.BufferedProtocol: ...


class Front(KnownHeadConnection):
    """One connection until it becomes a WebSocket or ends; a `Caller` for its one POST at a time."""

    most = MAX_REQUEST
    usual = ((b"cache-control", b"no-store"),)

    def __init__(self, owner: Owner) -> None:
        limits = owner.limits
        super().__init__(
            head_bytes=_HEAD_BYTES, head_s=limits.head_timeout_s, body_s=limits.body_timeout_s,
            deadlines=owner.deadlines,
        )  # fmt: skip
        self.known = owner.post_head
        self.budget = Budget(limits)
        self.max_wait_s = limits.http_wait_s
        self.may_follow = False
        self._owner = owner
        self._limits = limits
        self._begun = 0.0
        self._cut = False

    # -- what services call

    def answer(self, request_id: int, response: AnyResponse) -> None:  # noqa: ARG002 - a caller's signature
        malformed = isinstance(response, Refusal) and response.code == BAD_REQUEST.code
        self.budget.inflight -= 1
        self.reply_with(400 if malformed else 200, BINARY, encode(response))

    def answer_encoded(self, request_id: int, body: bytes) -> None:  # noqa: ARG002 - a caller's signature
        self.budget.inflight -= 1
        self.reply_with(200, BINARY, body)

    def is_full(self) -> bool:
        return self._owner.unsent.is_too_much(self.unsent(), self._limits.unsent_bytes)

    def keep_little(self) -> None: ...

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a caller's signature
        return False

    def has_unread(self) -> bool:
        return self.unsent() > 0

    # -- what the server calls

    def arrived(self) -> int:
        """Bytes of memory that a request takes before it is whole, and what came ahead of its answer."""
        return 0 if self._cut else len(self._body) + self._ahead

    def begun(self) -> float:
        """When the request began that has come in part."""
        return self._begun

    def cut_off(self) -> None:
        """Hang up at once."""
        self._cut = True
        super().cut_off()

    # -- what the connection asks

    def opened(self) -> bool:
        return self._owner.opened(self)

    def closed(self) -> None:
        self._owner.caller_left(self)
        self._owner.closed(self)

    def grew(self, size: int) -> None:
        self._owner.arriving.add(size)

    def came_ahead(self, size: int) -> None:
        self._owner.arriving.add(size)

    def sent(self, size: int) -> bool:
        self._owner.unsent.add(size)
        return self.unsent() <= self._limits.unsent_bytes

    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | int | None:
        self._begun = self._loop.time()
        path = self._owner.path
        if request.target == path and b"origin" in headers:  # only browsers send one, for a page that they show
            return refuse(403, "no web page may ask here")
        if headers.get(b"upgrade", b"").lower() == b"websocket":
            return self._upgrade(request, headers)
        if request.target in {b"/healthz", b"/readyz", b"/metrics", INVITE} or request.target.startswith(LOG):
            return MAX_REQUEST if request.method == b"GET" else refuse(405, "only GET is served here")
        if request.target != path:
            return refuse(404, _NOTHING_HERE)
        if request.method != b"POST":
            return refuse(405, "only POST and WebSocket are served here")
        if headers.get(b"content-type") != BINARY:
            return refuse(415, "the content-type must be application/octet-stream")
        return MAX_REQUEST

    def ask(self, request: h11.Request, body: bytes) -> None:
        if request.target == b"/healthz":
            self.reply(self._health(self._owner.trouble))
        elif request.target == b"/readyz":
            self.reply(self._health(self._owner.unready))
        elif request.target == INVITE:
            self.reply(INVITE_PAGE)
        elif request.target == b"/metrics":
            self.reply(self._metrics())
        elif request.target.startswith(LOG):
            self.reply(self._log_file(request.target.removeprefix(LOG)))
        else:
            self.ask_known(body)

    def begins(self) -> None:
        self._begun = self._loop.time()

    def ask_known(self, body: bytes) -> None:
        try:
            self._owner.dispatcher.dispatch(body, self, 0)
        finally:
            wipe_secret(body)  # a copy, which was cut out of what came

    # -- inside

    def _upgrade(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | None:
        """Give the connection to the WebSocket: a clean head of ours, then whatever followed the client's head."""
        transport = self._transport
        key = headers.get(b"sec-websocket-key", b"")
        good = request.target == self._owner.path and request.method == b"GET" and _KEY.fullmatch(key)
        if transport is None or not good or headers.get(b"sec-websocket-version") != b"13":
            return refuse(400, f"a WebSocket of version 13 is served at {self._owner.path.decode()}")
        ahead = self.hand_over()
        protocol = self._owner.websocket_protocol()
        transport.set_protocol(protocol)
        protocol.connection_made(nameless(transport))
        feed(protocol, upgrade_head(key) + ahead)
        self._owner.closed(self)
        return None

    def _health(self, trouble: str) -> HttpAnswer:
        trouble = "stopping" if self._owner.stopping else trouble
        return refuse(503, trouble, close=False) if trouble else HttpAnswer(200, b"ok\n")

    def _metrics(self) -> HttpAnswer:
        text = None if self._transport is None else self._owner.metrics_text(self._transport)
        return refuse(404, _NOTHING_HERE, close=False) if text is None else HttpAnswer(200, text.encode(), METRICS)

    def _log_file(self, path: bytes) -> HttpAnswer:
        data = self._owner.log_file(path.decode("ascii", "replace"))
        if data is None:
            return refuse(404, _NOTHING_HERE, close=False)
        return HttpAnswer(200, data) if path == CHECKPOINT else HttpAnswer(200, data, BINARY, _IMMUTABLE)
