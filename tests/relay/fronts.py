"""A relay's HTTP connections without sockets, on a loop whose time is moved by hand."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nullabona.machine.deadlines import Deadlines
from nullabona.relay.arriving import Arriving
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BAD_REQUEST, refuse
from nullabona.relay.front import Front
from nullabona.relay.post_head import post_head
from nullabona.relay.unsent import Unsent

LATE = b"late"
"""How bodies begin that are never answered at once."""
PARSED: re.Pattern[bytes] = re.compile(rb"(?!)")
"""Matches no head: h11 reads everything, as it did before heads were recognised."""


class HandLoop(asyncio.SelectorEventLoop):
    """A loop whose time is moved by hand."""

    now = 1_000.0

    def time(self) -> float:
        return self.now

    def settle(self) -> None:
        """Run what is due until nothing more is."""
        for _ in range(6):
            self.call_soon(self.stop)
            self.run_forever()

    def later(self, seconds: float) -> None:
        """Let so much time pass, a little at a time."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            self.settle()


class Pipe(asyncio.Transport):
    """A connection without a socket: what was written to it, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended = False
        self.unread = 0
        self.paused = False
        self.protocol: asyncio.BaseProtocol | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's signature
        return default

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def close(self) -> None:
        self.ended = True

    abort = close


class Socket(asyncio.BufferedProtocol):
    """What a connection becomes when it is upgraded: it keeps all that comes."""

    def __init__(self) -> None:
        self.came = b""
        self._room = bytearray(65_536)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self.came += bytes(self._room[:nbytes])


@dataclass
class Owner:
    """What a front needs of its server. Bodies are noted, and answered at once, or by `answer_all`: all of them, or, if
    some are at once, those that begin with `LATE`.
    """

    at_once: bool = True
    limits: Limits = field(default_factory=Limits)
    path: bytes = b"/v1"
    deadlines: Deadlines = field(default_factory=Deadlines)
    stopping: bool = False
    trouble: str = ""
    unready: str = ""

    def __post_init__(self) -> None:
        self.dispatcher: Any = self
        self.unsent = Unsent(self.limits.unsent_total_bytes)
        self.post_head = post_head(self.path)
        self.arriving = Arriving(self.limits.arriving_total_bytes, list)
        self.asked: list[bytes] = []
        self.sockets: list[Socket] = []
        self._waiting: list[tuple[Any, bytes]] = []

    def dispatch(self, body: bytes, caller: Any, _: int) -> None:  # noqa: ANN401 - a front
        body = bytes(memoryview(body))  # a copy: a front overwrites its own
        self.asked.append(body)
        caller.budget.inflight += 1
        self._waiting.append((caller, body))
        if self.at_once and not body.startswith(LATE):
            self._answer(*self._waiting.pop())

    def answer_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for caller, body in waiting:
            self._answer(caller, body)

    @staticmethod
    def _answer(caller: Any, body: bytes) -> None:  # noqa: ANN401 - a front
        if body[:1] == b"\0":
            caller.answer(0, refuse(BAD_REQUEST))
        else:
            caller.answer_encoded(0, b"answer to %d" % len(body))

    def opened(self, front: Front) -> bool:
        return True

    def closed(self, front: Front) -> None: ...
    def caller_left(self, front: Front) -> None: ...

    def metrics_text(self, transport: asyncio.Transport) -> str | None:
        return None

    def log_file(self, path: str) -> bytes | None:
        return None

    def websocket_protocol(self) -> asyncio.BufferedProtocol:
        self.sockets.append(Socket())
        return self.sockets[-1]


class Talk:
    """One connection of ``front``, a class, to an `Owner`."""

    def __init__(self, loop: HandLoop, front: type[Front], *, at_once: bool = True, path: bytes = b"/v1") -> None:
        self.loop = loop
        self.owner = Owner(at_once=at_once, path=path)
        self.pipe = Pipe()
        loop.run_until_complete(self._open(front))

    async def _open(self, front: type[Front]) -> None:
        self.front = front(self.owner)
        self.front.connection_made(self.pipe)

    def say(self, *pieces: bytes, hurried: bool = False) -> None:
        """Each piece arrives by itself, as far as the connection is there; requests that wait are answered then.

        ``hurried``: the next piece is there in the same turn of the loop.
        """
        for piece in pieces:
            for step in (partial(self._arrive, piece), self.owner.answer_all):
                self.loop.call_soon(step)
                if not hurried:
                    self.loop.settle()
        self.loop.settle()
        self.loop.call_soon(self.owner.answer_all)
        self.loop.settle()

    def heard(self) -> tuple[bytes, bool, list[bytes], list[bytes]]:
        """What came back, whether the connection ended, which bodies were taken, what went to a WebSocket."""
        return self.pipe.written, self.pipe.ended, self.owner.asked, [socket.came for socket in self.owner.sockets]

    def _arrive(self, piece: bytes) -> None:
        if self.pipe.protocol is None and not self.pipe.ended:
            self.front.data_received(piece)
