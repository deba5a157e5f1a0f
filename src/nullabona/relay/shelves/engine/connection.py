"""One connection to one node of an engine; the one door to hiredis, which reads what nodes say
(docs/decisions/0058-own-driver-of-the-engine.md).

Everything is asked at once and answered in order. Nothing is ever asked again: a repeated append is a second frame.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import hiredis

from nullabona.relay.shelves.engine.driver import Command, EngineFailed, EngineFull, EngineLacksFunctions, Reply

CONNECT_S: Final = 1.0
"""Seconds in which a node must have let us in."""
LONGEST: Final = 15
"""So many times `Login.answer_s` may an answer take that goes on coming: 64 reads may bring a MiB each."""
_packed: Final = cast(Callable[[Command], bytes], hiredis.pack_command)
_MORE: Final = object()
_LISTENED: Final = b"ssubscribe"
_PING: Final = (b"PING",)
_PONG: Final = b"PONG"
_NO_TOUCH: Final = (b"CLIENT", b"NO-TOUCH", b"ON")


class Elsewhere(Exception):
    """Another node has the slot: nothing was done. ``asking``: it takes the slot over just now."""

    def __init__(self, node: str, *, asking: bool) -> None:
        super().__init__()
        self.node = node
        self.asking = asking


@dataclass(slots=True)
class _Asked:
    """Commands that were sent together, and what came of them until now."""

    count: int
    """How many answers there will be; 0: as many as there are before that to a ``PING``."""
    until: float
    """When it is late, if nothing comes from the node meanwhile ..."""
    last: float
    """... and in any case."""
    done: asyncio.Future[list[Reply]]
    replies: list[Reply] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Login:
    """How nodes are reached, and as whom. The password does not show in ``repr``."""

    context: ssl.SSLContext
    user: str
    password: str
    answer_s: float
    """Seconds a node may be silent while an answer is due."""

    def __repr__(self) -> str:
        return f"<Login {self.user}>"


class Connection(asyncio.Protocol):
    """Use `open_connection`. ``told`` gets what the node says unasked, ``lost`` is called once if it hangs up."""

    def __init__(self, answer_s: float, told: Callable[[Sequence[Any]], None], lost: Callable[[], None]) -> None:
        self.closed = False
        """Nothing is answered here any more."""
        self._answer_s = answer_s
        self._told = told
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._asked: deque[_Asked] = deque()
        self._reader = hiredis.Reader(replyError=_failure, notEnoughData=_MORE)
        self._timer: asyncio.TimerHandle | None = None
        self._came = 0.0
        """When the node last sent anything."""

    def ask(self, commands: Sequence[Command]) -> asyncio.Future[list[Reply]]:
        """What is answered to each; in its place `EngineFailed` or `Elsewhere` if it is refused, the former if that is
        late or the node hung up.
        """
        return self._send(commands, len(commands))

    def ask_refusals(self, commands: Sequence[Command]) -> asyncio.Future[list[Reply]]:
        """The same for what is answered only if it is refused, such as ``SUNSUBSCRIBE``: nobody else gets that."""
        return self._send([*commands, _PING], 0)

    def _send(self, commands: Sequence[Command], count: int) -> asyncio.Future[list[Reply]]:
        done: asyncio.Future[list[Reply]] = self._loop.create_future()
        if self.closed or self._transport is None:
            done.set_result([_unanswered()] * count)
            return done
        now = self._loop.time()
        self._asked.append(_Asked(count, now + self._answer_s, now + self._answer_s * LONGEST, done))
        self._transport.write(b"".join(map(_packed, commands)))
        if self._timer is None:
            self._timer = self._loop.call_later(self._answer_s, self._look_at_time)
        return done

    def close(self) -> None:
        """Hang up, without a word to ``lost``. Harmless when repeated."""
        self._lost = _nothing
        self._end()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is none by name

    def data_received(self, data: bytes) -> None:
        self._came = self._loop.time()
        try:
            self._reader.feed(data)
            self._take()
        except hiredis.HiredisError:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a protocol's signature
        self._end()

    def _take(self) -> None:
        gets, asked = self._reader.gets, self._asked
        while (reply := gets()) is not _MORE:
            if type(reply) is hiredis.PushNotification and reply[0] != _LISTENED:
                self._told(reply)
            elif asked:
                first = asked[0]
                first.replies.append(reply)
                if len(first.replies) == first.count or (not first.count and reply == _PONG):
                    _end_of(asked.popleft())

    def _look_at_time(self) -> None:
        self._timer = None
        if not self._asked:
            return
        # Answers come one after another: while one goes on coming, those behind it are not late either.
        first = self._asked[0]
        left = min(max(first.until, self._came + self._answer_s), first.last) - self._loop.time()
        if left <= 0:
            # What comes later would be taken for answers to what is asked next.
            self._end()
        else:
            self._timer = self._loop.call_later(left, self._look_at_time)

    def _end(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        while self._asked:
            asked = self._asked.popleft()
            asked.replies += [_unanswered()] * (asked.count - len(asked.replies))
            _end_of(asked)
        self._lost()


async def open_connection(
    node: str,
    login: Login,
    told: Callable[[Sequence[Any]], None] = lambda _: None,
    lost: Callable[[], None] = lambda: None,
) -> Connection:
    """A connection to the node at ``host:port`` that has let us in. Raises `EngineFailed`."""
    made: list[Connection] = []

    def protocol() -> Connection:
        made.append(Connection(login.answer_s, told, lost))
        return made[0]

    try:
        async with asyncio.timeout(CONNECT_S):
            await _enter(node, login, protocol)
    except BaseException as error:
        if made:
            made[0].close()
        if isinstance(error, OSError | TimeoutError | ValueError):  # the last for an address that is none
            raise EngineFailed(f"node {node} of the engine {_why(error)}") from error
        raise
    return made[0]


async def _enter(node: str, login: Login, protocol: Callable[[], Connection]) -> None:
    host, _, port = node.rpartition(":")
    host = host.strip("[]")
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(protocol, host, int(port), ssl=login.context, server_hostname=host)
    hello = (b"HELLO", b"3", b"AUTH", login.user.encode(), login.password.encode())
    # Servers before 7.2 do not know the second. With it, what is read does not show when it was used last.
    said, _ = await connection.ask([hello, _NO_TOUCH])
    if isinstance(said, Exception):
        raise said


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "has a certificate that is not by the engine's authority, or for another name"
    return "refuses connections" if isinstance(error, ConnectionRefusedError) else "does not answer"


def _end_of(asked: _Asked) -> None:
    if not asked.done.done():
        asked.done.set_result(asked.replies)


def _nothing() -> None:
    pass


def _unanswered() -> EngineFailed:
    return EngineFailed("a node of the engine did not answer")


def _failure(said: str) -> EngineFailed | Elsewhere:
    """What a node refused, without its words, which may name a key."""
    word, _, rest = said.partition(" ")
    if word in {"MOVED", "ASK"}:
        return Elsewhere(rest.rpartition(" ")[2], asking=word == "ASK")
    if word == "OOM":
        return EngineFull("the engine's memory is full")
    if "Function not found" in said:
        return EngineLacksFunctions("a node of the engine has no functions")
    refusal = EngineFailed(f"the engine refused what was asked: {word}")
    refusal.word = word
    return refusal
