"""One connection of a witness: reads requests with h11, bounded in size, time and number, and answers one at a time.

Nothing of a head is kept, and no address of the other end is known (docs/decisions/0012).
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol, cast

import h11

from nullabona.machine.stricthttp import StrictConnection
from nullabona.witness.core.allowance import Allowance
from nullabona.witness.core.limits import Limits
from nullabona.witness.cosigner import Answer

HEAD_BYTES: Final = 8_192
_READ_AHEAD: Final = 65_536
_MAY_ANSWER: Final = frozenset({h11.IDLE, h11.SEND_RESPONSE})


class House(Protocol):
    """What a front needs of the server."""

    limits: Limits

    def opened(self, front: Front) -> bool: ...
    def closed(self, front: Front) -> None: ...
    def refuse(self, method: str, target: str) -> Answer | None: ...
    async def respond(self, method: str, target: str, body: bytes) -> Answer: ...


class Front(asyncio.Protocol):
    """One connection until it ends."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._limits = house.limits
        self._allowance = Allowance(house.limits.requests_per_minute, int(time.monotonic()))
        self._http = StrictConnection(HEAD_BYTES)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._request: h11.Request | None = None
        self._work: asyncio.Task[None] | None = None
        self._body = bytearray()
        self._ahead = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._house.opened(self):
            self._transport.abort()
            return
        self._set_deadline(self._limits.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a protocol's signature
        self._set_deadline(0)
        self._transport = None
        self._house.closed(self)

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        if self._work is None:
            self._advance()
            return
        self._ahead += len(data)
        if self._ahead > _READ_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    def close(self) -> None:
        """Hang up: at once if no request is in hand, else once it is answered."""
        if self._transport is not None and self._work is None:
            self._transport.close()

    def _advance(self) -> None:
        """Take what has arrived as far as it goes."""
        try:
            while self._work is None and self._transport is not None:
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
            if len(self._body) > self._limits.body_bytes:
                self._reply(Answer(413, b"the request is too large\n", close=True))
        elif isinstance(event, h11.EndOfMessage):
            self._ask()
        elif self._transport is not None:
            self._transport.close()
            self._transport = None

    def _take_head(self, request: h11.Request) -> None:
        self._set_deadline(self._limits.body_timeout_s)
        self._request = request
        length = dict(request.headers).get(b"content-length", b"0")
        if sum(len(name) + len(value) for name, value in request.headers) + len(request.target) > HEAD_BYTES:
            self._reply(Answer(431, b"the request head is too large\n", close=True))
        elif len(length) > 9 or int(length) > self._limits.body_bytes:
            self._reply(Answer(413, b"the request is too large\n", close=True))
        elif refusal := self._house.refuse(request.method.decode(), request.target.decode("latin-1")):
            self._reply(refusal)

    def _ask(self) -> None:
        self._set_deadline(0)
        if wait_s := self._allowance.take(int(time.monotonic())):
            self._reply(Answer(429, b"too many requests\n", retry_after_s=wait_s))
            return
        assert self._request is not None
        method, target = self._request.method.decode(), self._request.target.decode("latin-1")
        self._work = self._loop.create_task(self._answer(method, target, bytes(self._body)))

    async def _answer(self, method: str, target: str, body: bytes) -> None:
        try:
            answer = await self._house.respond(method, target, body)
        except Exception:
            self._reply(Answer(500, b"the witness failed\n", close=True))
            raise
        finally:
            self._work = None
        self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        """Send the one answer to the request in hand; then go on, or hang up."""
        transport = self._transport
        if transport is None or self._http.our_state not in _MAY_ANSWER:
            return
        self._set_deadline(0)
        transport.write(self._render(answer))
        if answer.close or set(self._http.states.values()) != {h11.DONE}:
            self._transport = None
            transport.close()
            return
        self._next_request(transport)

    def _render(self, answer: Answer) -> bytes:
        headers = [(b"content-type", answer.kind.encode()), (b"content-length", b"%d" % len(answer.body)),
                   (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]  # fmt: skip
        if answer.retry_after_s:
            headers.append((b"retry-after", b"%d" % answer.retry_after_s))
        if answer.close:
            headers.append((b"connection", b"close"))
        head = h11.Response(status_code=answer.status, headers=headers)
        parts = (head, h11.Data(data=answer.body), h11.EndOfMessage())
        return b"".join(self._http.send(part) or b"" for part in parts)

    def _next_request(self, transport: asyncio.Transport) -> None:
        self._http.start_next_cycle()
        self._request = None
        self._body.clear()
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
        begun = self._request is not None or bool(self._http.trailing_data[0])
        if begun:
            self._reply(Answer(408, b"the request took too long\n", close=True))
        elif self._transport is not None:
            self._transport.abort()
