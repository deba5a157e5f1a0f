"""One connection of the app: its requests are answered, or it becomes a WebSocket. It knows no route and no rule."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count
from typing import Final, Protocol
from urllib.parse import parse_qsl, unquote

import h11
from picows import WSListener

from nullabona.app.server.handover import hand_over
from nullabona.app.server.headers import SAFE
from nullabona.app.server.request import Request
from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import HttpAnswer, refuse
from nullabona.machine.http_tasks import HttpTaskConnection

HEAD_BYTES: Final = 16_384
HEAD_S: Final = 10.0
"""Time limit for a head from its first byte, and for a connection that sends nothing."""
IDLE_S: Final = 75.0
"""Time limit for a connection to wait for its next request."""
BODY_S: Final = 15.0
"""Time limit between parts of a body."""
_HIGH_WATER: Final = 256 * 1024
_numbers: Final = count()


class Owner(Protocol):
    """The interface of the server for its connections."""

    deadlines: Deadlines

    def opened(self, front: Front) -> bool:
        """Whether there is room for one more connection."""
        ...

    def closed(self, front: Front) -> None: ...

    def proves(self, request: Request, answer: HttpAnswer | int) -> bool:
        """Whether only our page could send this request: such a connection is not closed to make room."""
        ...

    def admit(self, request: Request) -> HttpAnswer | int:
        """A refusal decided by the head alone, or the most bytes of the body."""
        ...

    async def respond(self, request: Request) -> HttpAnswer: ...

    def upgrade(self, request: Request) -> HttpAnswer | WSListener:
        """The listener of a new WebSocket, or a refusal."""
        ...


class Front(HttpTaskConnection):
    """One connection until it becomes a WebSocket or ends; one request at a time."""

    usual = SAFE

    def __init__(self, owner: Owner) -> None:
        super().__init__(
            head_bytes=HEAD_BYTES, head_s=HEAD_S, body_s=BODY_S, deadlines=owner.deadlines, idle_s=IDLE_S,
            read_ahead=HEAD_BYTES,
        )  # fmt: skip
        self._owner = owner
        self._admitted: Request | None = None
        self.proven = False
        self.number = next(_numbers)

    @property
    def port(self) -> int:
        """The peer's port; 0 when it is gone."""
        peer = self._transport.get_extra_info("peername") if self._transport is not None else None
        return int(peer[1]) if peer else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._task is not None:
            self._task.cancel()

    def opened(self) -> bool:
        return self._owner.opened(self)

    def closed(self) -> None:
        self._owner.closed(self)

    def grew(self, size: int) -> None:  # noqa: ARG002 - of the base
        self._set_deadline(BODY_S)

    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | int | None:
        asked = read_head(request)
        if asked is None:
            return refuse(400, "the request cannot be read")
        admitted = self._owner.admit(asked)
        if isinstance(admitted, HttpAnswer):
            return admitted
        self.proven = self.proven or self._owner.proves(asked, admitted)
        self._admitted = asked
        if headers.get(b"upgrade", b"").lower() == b"websocket" and self._length <= admitted:
            return self._upgrade(asked)
        return admitted

    async def respond(self, request: h11.Request, body: bytes) -> HttpAnswer:  # noqa: ARG002 - `judge` has read it
        asked, self._admitted = self._admitted, None
        assert asked is not None
        asked = replace(asked, body=body, peer=self.port)
        try:
            answer = await self._owner.respond(asked)
        except Exception:  # noqa: BLE001 - the last door; nothing of what went wrong is told
            return refuse(500, "something went wrong inside")
        self.proven = self.proven or self._owner.proves(asked, answer)
        return answer

    def _upgrade(self, asked: Request) -> HttpAnswer | None:
        listener, transport = self._owner.upgrade(asked), self._transport
        if isinstance(listener, HttpAnswer):
            return listener
        assert transport is not None
        hand_over(transport, listener, asked.headers["sec-websocket-key"], self.hand_over())
        self._owner.closed(self)
        return None


def read_head(event: h11.Request) -> Request | None:
    """The head as a value, or None if it is no sane one: odd bytes, or a header that must be single given twice."""
    try:
        target = event.target.decode("ascii")
        pairs = [(name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers]
    except UnicodeDecodeError:
        return None
    headers = dict(pairs)
    if len(headers) != len(pairs) or not target.startswith("/") or len(target) > HEAD_BYTES:
        return None
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
    return Request(event.method.decode("ascii"), unquote(path, errors="replace"), fields, headers)
