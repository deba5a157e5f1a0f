"""One connection: reads requests with h11, has them answered, or hands the connection over to the WebSocket.

Heads and bodies have deadlines and limits; what breaks them is refused and hung up on. It knows no route and no rule.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from typing import Final, Protocol, cast
from urllib.parse import parse_qsl, unquote

import h11
from picows import WSListener

from nullabona.app.server.answers import Answer, Request, refuse
from nullabona.app.server.handover import hand_over
from nullabona.app.server.headers import LOCKED_PAGE, SAFE
from nullabona.machine.stricthttp import StrictConnection

HEAD_BYTES: Final = 16_384
HEAD_S: Final = 10.0
"""A head must be whole so soon after its first byte; a connection that says nothing at all gets as long."""
IDLE_S: Final = 75.0
"""A connection may wait so long for its next request."""
BODY_S: Final = 15.0
"""A body must go on arriving within this time."""
_HIGH_WATER: Final = 256 * 1024
_numbers: Final = count()


class House(Protocol):
    """What a connection needs of the server."""

    def entered(self, front: Front) -> bool:
        """Whether there is room for one more connection."""
        ...

    def left(self, front: Front) -> None: ...

    def proves(self, request: Request, answer: Answer | int) -> bool:
        """Whether only a page of ours could ask this: such a connection keeps its place."""
        ...

    def admit(self, request: Request) -> Answer | int:
        """The refusal of a request, judged by its head, or how many bytes its body may have."""
        ...

    async def respond(self, request: Request) -> Answer: ...

    def upgrade(self, request: Request) -> Answer | WSListener:
        """The listener of a WebSocket that is to be opened, or a refusal."""
        ...


class Front(asyncio.Protocol):
    """One connection until it becomes a WebSocket or ends; one request at a time."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._http = StrictConnection(HEAD_BYTES)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._request: Request | None = None
        self._body = bytearray()
        self._limit = 0
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._handed_over = False
        self.proven = False
        self.number = next(_numbers)

    # -- what the server looks at

    @property
    def port(self) -> int:
        """Of the other end; 0 when it is gone."""
        peer = self._transport.get_extra_info("peername") if self._transport is not None else None
        return int(peer[1]) if peer else 0

    @property
    def waits(self) -> bool:
        """Nothing is being answered, and no whole head has come that is to be."""
        return self._request is None and self._task is None

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._writable.set()
        if not self._house.entered(self):
            self._transport.abort()
            return
        self._set_deadline(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._set_deadline(0)
        self._transport = None
        self._writable.set()
        if self._task is not None:
            self._task.cancel()
        if not self._handed_over:
            self._house.left(self)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        if self._task is not None:  # the next request waits in h11 until this one is answered
            if len(self._http.trailing_data[0]) > HEAD_BYTES and self._transport is not None:
                self._transport.pause_reading()
            return
        if self._request is None:
            self._set_deadline(HEAD_S)
        self._advance()

    # -- what the server calls

    def close(self) -> None:
        """Hang up after what was written has left."""
        if self._transport is not None:
            self._transport.close()

    # -- inside

    def _advance(self) -> None:
        """Take what has arrived as far as it goes."""
        try:
            while self._task is None and self._transport is not None and not self._handed_over:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._reply_now(refuse(error.error_status_hint, "not an HTTP request"))

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._take_head(event)
        elif isinstance(event, h11.Data):
            self._take_data(event)
        elif isinstance(event, h11.EndOfMessage):
            self._set_deadline(0)
            self._begin()
        else:
            self.close()
            self._transport = None

    def _take_head(self, event: h11.Request) -> None:
        self._set_deadline(BODY_S)
        request = read_head(event)
        if request is None:
            self._reply_now(refuse(400, "the request cannot be read"))
            return
        admitted = self._house.admit(request)
        if isinstance(admitted, Answer):
            self._reply_now(admitted)
            return
        self._limit = admitted
        self.proven = self.proven or self._house.proves(request, admitted)
        if int(request.headers.get("content-length", "0")) > self._limit:
            self._reply_now(refuse(413, "the body is too large"))
        elif request.headers.get("upgrade", "").lower() == "websocket":
            self._upgrade(request)
        else:
            self._request = request
            self._continue_100()

    def _take_data(self, event: h11.Data) -> None:
        if len(self._body) + len(event.data) > self._limit:
            self._reply_now(refuse(413, "the body is too large"))
            return
        self._body += event.data
        self._set_deadline(BODY_S)

    def _upgrade(self, request: Request) -> None:
        listener = self._house.upgrade(request)
        if isinstance(listener, Answer):
            self._reply_now(listener)
            return
        transport = self._transport
        assert transport is not None
        self._set_deadline(0)
        self._handed_over = True
        hand_over(transport, listener, request.headers["sec-websocket-key"], self._http.trailing_data[0])
        self._house.left(self)

    def _begin(self) -> None:
        request = self._request
        assert request is not None
        whole = Request(request.method, request.path, request.query, request.headers, bytes(self._body))
        self._body = bytearray()
        self._task = self._loop.create_task(self._serve(whole))

    async def _serve(self, request: Request) -> None:
        answer = await self._answer(request)
        self.proven = self.proven or self._house.proves(request, answer)
        self._write(self._head(answer))
        whole = request.method == "HEAD" or await self._send_body(answer)
        self._task = None
        if not whole:
            self.hang_up()
            return
        self._write(h11.EndOfMessage())
        if answer.close or set(self._http.states.values()) != {h11.DONE}:
            self.close()
            self._transport = None
            return
        self._http.start_next_cycle()
        self._request = None
        if self._transport is not None:
            self._transport.resume_reading()
            self._set_deadline(IDLE_S)
            self._advance()

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._house.respond(request)
        except Exception:  # noqa: BLE001 - the last door; nothing of what went wrong is told
            return refuse(500, "something went wrong inside")

    async def _send_body(self, answer: Answer) -> bool:
        """Whether all of it left; a stream may break off, as its file is gone or the profile was closed meanwhile."""
        if answer.stream is None:
            self._write(h11.Data(data=answer.body))
            return True
        try:
            async for part in answer.stream:
                self._write(h11.Data(data=part))
                await self._writable.wait()
        except Exception:  # noqa: BLE001 - as in `_answer`; the head left already, so the end of the connection tells
            return False
        return True

    def hang_up(self) -> None:
        """End it at once; what was not read yet is lost."""
        if self._transport is not None:
            self._transport.abort()

    def _reply_now(self, answer: Answer) -> None:
        """Refuse and hang up."""
        self._set_deadline(0)
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            for event in (self._head(answer), h11.Data(data=answer.body), h11.EndOfMessage()):
                self._write(event)
        self.close()
        self._transport = None

    def _head(self, answer: Answer) -> h11.Response:
        safe = LOCKED_PAGE if answer.apart else SAFE
        headers = [*safe, ("Content-Type", answer.kind), ("Content-Length", str(answer.size)), *answer.more]
        if answer.close:
            headers.append(("Connection", "close"))
        return h11.Response(status_code=answer.status, headers=headers)

    def _write(self, event: h11.Event) -> None:
        if self._transport is None:
            return
        with suppress(h11.LocalProtocolError):  # a HEAD answer has no body; h11 knows
            self._transport.write(self._http.send(event) or b"")

    def _continue_100(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))

    def _set_deadline(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self._too_slow) if seconds else None

    def _too_slow(self) -> None:
        if self._request is not None or self._http.trailing_data[0]:
            self._reply_now(refuse(408, "the request took too long"))
        else:
            self.hang_up()


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
