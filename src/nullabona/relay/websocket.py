"""The WebSocket carrier: takes records, and sends all answers that are ready in one message (spec/relay.md §2.1)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from nullabona.errors import Malformed
from nullabona.relay.arriving import Arriving
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.handover import READ_BUFFER, keep_little
from nullabona.relay.turns import HEAVY, TURN, Turns, cost
from nullabona.relay.unsent import Unsent
from nullabona.relay.wiping import wipe, wipe_secret
from nullabona.wire.messages import MAX_REQUEST, AnyResponse, encode
from nullabona.wire.records import HEAD, MAX_RECORDS, Assembly, split_records

_ROOM: Final = 14
"""Bytes that picows needs free in front of a message."""
_FLUSH_BYTES: Final = 256 * 1024
"""An outgoing message this long is sent at once."""
_FOLLOWING_BYTES: Final = 64 * 1024
"""That the system may hold for a client which is told of all activity and does not read."""
_CLOSE_DELAY_S: Final = 0.2
"""Seconds for a close frame to be sent before the connection is closed."""
_NEVER: Final = float("inf")
_LATER_BYTES: Final = 128
"""About how many bytes of memory a waiting request takes beside its own."""


class Gate(Protocol):
    """What a connection shares with the others of its server, and where it reports that it opened and closed."""

    @property
    def unsent(self) -> Unsent: ...
    @property
    def arriving(self) -> Arriving: ...
    @property
    def turns(self) -> Turns: ...
    def entered(self, socket: WebSocket) -> None: ...
    def left(self, socket: WebSocket) -> None: ...


class WebSocket(WSListener):
    """One WebSocket connection; a `Caller`."""

    def __init__(self, dispatcher: Dispatcher, limits: Limits, gate: Gate) -> None:
        super().__init__()
        self.budget = Budget(limits)
        self.max_wait_s = limits.wait_s
        self.may_follow = True
        self._dispatch = dispatcher.dispatch
        self._gate = gate
        self._unsent_limit = limits.unsent_bytes
        self._assembly = Assembly(limits.message_bytes)
        self.part = 0
        self._longest = READ_BUFFER
        """Bytes of picows' buffer, which grows with the longest frame and never shrinks."""
        self._begun = _NEVER
        self._turn = -1
        self._used = 0
        """How much of the turn ``_turn`` this connection has used."""
        self._later: deque[tuple[int, bytes]] = deque()
        """Requests that wait for a later turn."""
        self._later_bytes = 0
        """Bytes of memory that they take."""
        self._message_s = 2 * limits.ping_s
        self._out = bytearray(_ROOM)
        self._dirty = False
        self._transport: WSTransport | None = None
        self._unread: Callable[[], int] = int
        """Asks the transport for bytes that the client has not taken."""
        self._loop = asyncio.get_running_loop()
        self._pinged = False
        self._cut = False

    # -- what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._unread = transport.underlying_transport.get_write_buffer_size
        self._gate.entered(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' signature
        self._transport = None
        self._gate.left(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        self.part = frame.tail_size
        if frame.fin:
            self._pinged = False
        try:
            if kind is WSMsgType.BINARY and frame.fin and not self._assembly.open:
                self._take_whole(frame.get_payload_as_memoryview())
            elif kind is WSMsgType.BINARY:
                self._take_part(frame, first=True)
            elif kind is WSMsgType.CONTINUATION:
                self._take_part(frame, first=False)
            elif kind is WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            elif kind is WSMsgType.CLOSE:
                self.close(WSCloseCode.OK, "")
            elif kind is WSMsgType.TEXT:
                self.close(WSCloseCode.UNSUPPORTED_DATA, "text messages are not spoken here")
        except Malformed as error:
            self.close(WSCloseCode.PROTOCOL_ERROR, error.message)

    def pause_writing(self) -> None:
        """Does nothing: `is_full` and the unsent limit bound what waits to be sent."""

    def resume_writing(self) -> None:
        """Does nothing, because nothing was paused."""

    # -- what services call

    def answer(self, request_id: int, response: AnyResponse) -> None:
        self.answer_encoded(request_id, encode(response))

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        self.budget.inflight -= 1
        out = self._out
        out += HEAD.pack(request_id, len(body))
        out += body
        if not self._dirty or len(out) > _FLUSH_BYTES:
            self._soil(len(out))

    def is_full(self) -> bool:
        return self._gate.unsent.is_too_much(len(self._out) + self.unsent(), self._unsent_limit)

    def keep_little(self) -> None:
        if self._transport is not None:
            keep_little(self._transport.underlying_transport, _FOLLOWING_BYTES)

    def offer(self, request_id: int, body: bytes) -> bool:
        transport = self._transport
        if transport is None or len(self._out) > _ROOM or self._unread():
            return False
        out = bytearray(_ROOM)
        out += HEAD.pack(request_id, len(body))
        out += body
        transport.send_reuse_external_bytearray(WSMsgType.BINARY, out, _ROOM)
        self._gate.unsent.add(len(out))
        return True

    def has_unread(self) -> bool:
        return len(self._out) > _ROOM or self.unsent() > 0

    # -- what its protocol calls

    def came(self) -> None:
        if self.part > self._longest:
            self._grow()
        if not self.part and not self._assembly.open:
            self._begun = _NEVER
        elif self._begun == _NEVER:
            self._begun = self._loop.time()

    # -- what the server calls

    def arrived(self) -> int:
        """Bytes of memory that incomplete messages and waiting requests take."""
        return 0 if self._cut else self._longest - READ_BUFFER + self._assembly.size + self._later_bytes

    def begun(self) -> float:
        """The loop's time at which the present incomplete message began; infinity if there is none."""
        return self._begun

    def check_alive(self) -> None:
        """Close the connection if no complete message came since the last call; otherwise send a ping.

        Also closes it if a message has been incomplete for too long, even if the client answers pings.
        """
        if self._transport is None:
            return
        if self._pinged or self._loop.time() - self._begun > self._message_s:
            self._transport.disconnect(graceful=False)
            return
        self._pinged = True
        self._transport.send_ping(b"")

    def unsent(self) -> int:
        """Bytes of answers that the client has not taken yet."""
        return 0 if self._transport is None else self._unread()

    def cut_off(self) -> None:
        """Close the connection at once, without a close frame."""
        if self._transport is not None:
            self._cut = True
            self._transport.disconnect(graceful=False)

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Send the answers that are ready and a close frame, and disconnect `_CLOSE_DELAY_S` later."""
        self._flush()
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        transport.send_close(code, reason.encode())
        self._loop.call_later(_CLOSE_DELAY_S, lambda: transport.disconnect(graceful=False))

    # -- inside

    def _grow(self) -> None:
        longest, self._longest = self._longest, self.part
        self._gate.arriving.add(self.part - longest)

    def _take_whole(self, message: memoryview) -> None:
        """Take every request of a message, then overwrite the message."""
        try:
            self._take(message)
        finally:
            if message:  # requests were copied when they were decoded, so nothing reads it again
                wipe(message)

    def _take(self, message: bytes | memoryview) -> None:
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        turns = self._gate.turns
        if self._turn != turns.number:
            self._turn, self._used = turns.number, 0
            turns.used()
        for request_id, body in split_records(message, MAX_REQUEST, MAX_RECORDS):
            if self._later or self._used >= TURN:
                self._put_off(request_id, bytes(body))
            else:
                self._do(request_id, body)

    def _do(self, request_id: int, body: bytes | memoryview) -> None:
        self._used += cost(len(body))
        self._dispatch(body, self, request_id)
        if self.budget.heavy:
            self._used += self.budget.heavy * HEAVY
            self.budget.heavy = 0

    def _put_off(self, request_id: int, body: bytes) -> None:
        """Keep a request for a later turn, and stop reading until all waiting requests have been answered."""
        if not self._later and self._transport is not None:
            self._transport.underlying_transport.pause_reading()
            self._gate.turns.wait(self._go_on)
        self._later.append((request_id, body))
        self._later_bytes += len(body) + _LATER_BYTES
        self._gate.arriving.add(len(body) + _LATER_BYTES)

    def _go_on(self) -> None:
        """Answer waiting requests in this connection's next turn."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            self._drop_later()
            return
        self._turn, self._used = self._gate.turns.number, 0
        while self._later and self._used < TURN:
            request_id, body = self._later.popleft()
            self._later_bytes -= len(body) + _LATER_BYTES
            self._do(request_id, body)
            wipe_secret(body)
        if self._later:
            self._gate.turns.wait(self._go_on)
        else:
            self._gate.turns.used()
            transport.underlying_transport.resume_reading()

    def _drop_later(self) -> None:
        """Overwrite and forget requests that wait for a turn which does not come."""
        while self._later:
            wipe_secret(self._later.popleft()[1])

    def _take_part(self, frame: WSFrame, *, first: bool) -> None:
        part = frame.get_payload_as_memoryview()
        try:
            whole = self._assembly.add(part, first=first, last=bool(frame.fin))
        finally:
            if part:
                wipe(part)
        if not frame.fin:
            self._gate.arriving.add(len(part))
        if whole is not None:
            self._take_whole(memoryview(whole))

    def _soil(self, size: int) -> None:
        if size > _FLUSH_BYTES:
            self._flush()
        elif not self._dirty:
            self._dirty = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._dirty = False
        out = self._out
        if len(out) == _ROOM:
            return
        self._out = bytearray(_ROOM)
        transport = self._transport
        if transport is None:
            return
        transport.send_reuse_external_bytearray(WSMsgType.BINARY, out, _ROOM)
        self._gate.unsent.add(len(out))
        if self.unsent() > self._unsent_limit:
            transport.disconnect(graceful=False)
