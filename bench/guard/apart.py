"""A relay as clients use it by default: a connection for each request, and activity digests (spec/relay.md §2.2, §4.5).

The relay is the real one but for its sockets, its clock and its writer's thread.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar, Final
from unittest import mock

from bench.guard.counting import Act, noting
from nullabona.relay.config import Config
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.front import BINARY, Front
from nullabona.relay.server import Relay, Stores
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.address import BoxSecrets
from nullabona.wire.endpoint import PATH
from nullabona.wire.messages import (
    ActivityDigests,
    AnyResponse,
    Append,
    Appended,
    PollActivity,
    decode_response,
    encode,
)

POLLERS: Final = 8
_DAY: Final = 20_000
_LATER_S: Final = 1.0
"""After so long an activity digest is closed."""


class Apart:
    """The relay, and requests to it, one act at a time. Somebody has polled the activity already."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.connections: list[sqlite3.Connection] = []
        self._loop = _HandLoop()
        stack.callback(self._loop.close)
        folder.mkdir()
        store = _HereStore(folder, noting(self.connections))
        stack.callback(store.close)
        self._limits = Limits(box_frames_per_day=10**9)
        self._relay = self._loop.run_until_complete(_make_relay(self._limits, store))
        self._relay.boxes.tick(1, _DAY)
        self._secrets = BoxSecrets(0, bytes(32), bytes(range(32)))
        self._heard()

    def posts(self) -> Act:
        """A connection comes, a request is read from it, kept and answered, the connection goes."""
        self._end_digest()
        wire = _Wire(self._relay, self._loop, _post(self._append()))

        def act() -> None:
            self._loop.call_soon(wire.come)
            self._loop.turn_until(lambda: wire.gone)
            assert isinstance(wire.answer(), Appended)

        return act

    def tells(self) -> Act:
        """Some poll, somebody appends, and when the digest is closed each is sent it."""
        self._end_digest()
        hear, append, writer = encode(PollActivity(self._heard(), 60)), self._append(), _Caller(self._limits)
        pollers = [_Caller(self._limits) for _ in range(POLLERS)]
        dispatch = self._relay.dispatcher.dispatch

        def act() -> None:
            for poller in pollers:
                dispatch(hear, poller, 1)
            dispatch(append, writer, 1)
            self._loop.turn_until(lambda: bool(writer.answers))
            self._loop.now += _LATER_S
            self._loop.turn_until(lambda: all(poller.answers for poller in pollers))
            assert len(_digests_of(pollers[-1]).digests) == 1

        return act

    def _append(self) -> bytes:
        box, frame = self._secrets, bytes(1_024)
        return encode(Append(box.policy, box.write_secret, box.read_hash, frame, wake=(bytes(32), POLLERS)))

    def _heard(self) -> int:
        """The number of the last digest."""
        asker = _Caller(self._limits)
        self._relay.dispatcher.dispatch(encode(PollActivity(0, 0)), asker, 1)
        answer = _digests_of(asker)
        return answer.first - 1 + len(answer.digests)

    def _end_digest(self) -> None:
        """The one that an act before this one began."""
        self._loop.now += _LATER_S
        self._loop.turn()


class _HandLoop(asyncio.SelectorEventLoop):
    """A loop whose time is moved by hand."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def turn(self) -> None:
        self.call_soon(self.stop)
        self.run_forever()

    def turn_until(self, true: Callable[[], bool]) -> None:
        while not true():
            self.turn()


class _HereStore(SqliteBoxStore):
    """A store that is written on this thread, whose work is counted."""

    durable: ClassVar[bool] = False


class _Caller:
    """A connection that answers are encoded for."""

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.max_wait_s = limits.wait_s
        self.may_follow = True
        self.answers: list[bytes] = []

    def answer(self, request_id: int, response: AnyResponse) -> None:
        self.answer_encoded(request_id, encode(response))

    def answer_encoded(self, request_id: int, body: bytes) -> None:  # noqa: ARG002 - a caller's signature
        self.budget.inflight -= 1
        self.answers.append(body)

    def is_full(self) -> bool:
        return False

    def keep_little(self) -> None: ...

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a caller's signature
        return False

    def has_unread(self) -> bool:
        return False


class _Wire(asyncio.Transport):
    """A connection without a socket: a request comes over it at once, what is sent is noted."""

    def __init__(self, relay: Relay, loop: asyncio.AbstractEventLoop, request: bytes) -> None:
        super().__init__()
        self._relay, self._loop, self._request = relay, loop, request
        self.sent = b""
        self.gone = False

    def come(self) -> None:
        self._front = Front(self._relay)
        self._front.connection_made(self)
        self._front.data_received(self._request)

    def answer(self) -> AnyResponse:
        head, _, body = self.sent.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        return decode_response(body)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self._loop.call_soon(self._go)

    def _go(self) -> None:
        self._front.connection_lost(None)
        self.gone = True


async def _make_relay(limits: Limits, store: SqliteBoxStore) -> Relay:
    with mock.patch.object(secrets, "randbits", random.Random(1).getrandbits):
        return Relay(Config(data=None, listen=(), limits=limits), Stores(store, MemoryBlobStore()))


def _digests_of(poller: _Caller) -> ActivityDigests:
    (answer,) = map(decode_response, poller.answers)
    assert isinstance(answer, ActivityDigests)
    return answer


def _post(body: bytes) -> bytes:
    """A request as `nullabona.client.net.post` sends it."""
    head = (b"POST %b HTTP/1.1\r\nhost: relay.example\r\ncontent-type: %b\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n")  # fmt: skip
    return head % (PATH.encode(), BINARY, len(body)) + body
