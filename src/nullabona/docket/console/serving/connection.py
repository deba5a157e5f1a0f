"""The console's connections: they drop the client's address, refuse strangers, add headers (spec/console.md §2, §3).

They know no officer and no case. A body is read only after its request was admitted, and only up to its route's limit.
The application behind them runs on one thread.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote

import h11

from nullabona.docket.console.request.answers import Answer, Asked
from nullabona.docket.console.rules.headers import SAFE, STRICT_TRANSPORT
from nullabona.docket.console.rules.origin import METRICS, Site, from_here, from_the_machine
from nullabona.machine.deadlines import Deadlines
from nullabona.machine.doorway import comes_from_near
from nullabona.machine.http_answer import HttpAnswer, refuse
from nullabona.machine.http_tasks import HttpTaskConnection

T = TypeVar("T")
_SINGLE: Final = frozenset({"host", "origin", "cookie", "content-length", "content-type", "x-desk-token"})
_FORGOTTEN: Final = frozenset({"user-agent", "forwarded", "via", "referer", "true-client-ip", "from"})
HEAD_BYTES: Final = 16_384
HEAD_S: Final = 20.0
"""Time limit for the head of each request, and for further input after its answer."""
BODY_S: Final = 60.0
"""Time limit for a body."""
STOP_S: Final = 5.0
"""How long shutdown waits for answers under way."""
MOST_BODIES: Final = 64 << 20
"""Most bytes of bodies in memory, of all requests together, from arrival until they are answered."""
MOST_CONNECTIONS: Final = 256
_BACKLOG: Final = 256
_FAILED: Final = refuse(500, "something went wrong inside")


class Application(Protocol):
    """The application that answers requests."""

    def admit(self, asked: Asked) -> Answer | int:
        """A refusal decided by the head alone, or the most bytes of the body."""
        ...

    async def answer(self, asked: Asked) -> Answer: ...


class Thread(Protocol):
    """The one thread on which requests are answered."""

    def submit(self, fn: Callable[[Asked], T], asked: Asked, /) -> Future[T]:
        """Call ``fn`` on the thread, after earlier calls."""
        ...

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work`` on the thread; others run while it waits."""
        ...


class ConsoleServer:
    """All connections of a console. Create it on a running loop."""

    def __init__(self, site: Site, app: Application, thread: Thread) -> None:
        self.site, self.app, self.thread = site, app, thread
        self.headers = (*SAFE, STRICT_TRANSPORT) if site.origin.startswith("https:") else SAFE
        self.deadlines = Deadlines()
        self.stopping = False
        self.held = 0
        """Bytes of bodies in memory."""
        self._connections: set[ConsoleConnection] = set()
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()

    async def start(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        """Serve the connections of this socket."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ConsoleConnection(self), sock=listening, backlog=_BACKLOG, ssl=context,
            ssl_handshake_timeout=HEAD_S if context else None,
        )  # fmt: skip

    async def stop(self) -> None:
        """Accept no more connections, answer pending requests, and close."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while self._connections:
                    self._empty.clear()
                    await self._empty.wait()
        for connection in list(self._connections):
            connection.cut_off()

    def opened(self, connection: ConsoleConnection) -> bool:
        """Register a connection. At the limit, the connection idle for longest is closed; False if none is idle."""
        if len(self._connections) >= MOST_CONNECTIONS:
            waiting = [one for one in self._connections if one.waits]
            if not waiting:
                return False
            leaves = min(waiting, key=lambda one: one.waits_since)
            self._connections.discard(leaves)
            leaves.cut_off()
        self._connections.add(connection)
        return True

    def closed(self, connection: ConsoleConnection) -> None:
        self._connections.discard(connection)
        self._empty.set()


class ConsoleConnection(HttpTaskConnection):
    """One connection until it ends."""

    def __init__(self, server: ConsoleServer) -> None:
        super().__init__(head_bytes=HEAD_BYTES, head_s=HEAD_S, body_s=BODY_S, deadlines=server.deadlines)
        self.usual = server.headers
        self.waits_since = self._loop.time()
        self._server = server
        self._admitted: Asked | None = None
        self._held = 0

    def close(self) -> None:
        """Close the connection: at once if idle, else after the current answer."""
        if not self._busy:
            super().close()

    def opened(self) -> bool:
        return self._server.opened(self)

    def closed(self) -> None:
        self._give_back()
        self._server.closed(self)

    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | None:  # noqa: ARG002 - of the base
        asked = read_head(request)
        if asked is None:
            return refuse(400, "the request cannot be read", close=False)
        monitored = from_the_machine(asked.method, asked.path, asked.headers)
        if asked.path == METRICS and not (monitored and self._transport and comes_from_near(self._transport)):
            return refuse(404, "there is nothing here", close=False)
        if not monitored and not from_here(self._server.site, asked.method, asked.headers):
            return refuse(403, "this request does not come from the console", close=False)
        self._admitted = asked
        self.judge_later()
        self._task = self._loop.create_task(self._admit(asked))
        return None

    async def _admit(self, asked: Asked) -> None:
        try:
            judged = await asyncio.wrap_future(self._server.thread.submit(self._server.app.admit, asked))
        except Exception:  # noqa: BLE001 - the last door; nothing of what went wrong is told or logged
            self.resume(_FAILED)
        else:
            self.resume(judged if isinstance(judged, int) else self._answer(judged))

    def grew(self, size: int) -> HttpAnswer | None:
        if self._server.held + size > MOST_BODIES:
            return refuse(503, "too much arrives at once")
        self._server.held += size
        self._held += size
        return None

    async def respond(self, request: h11.Request, body: bytes) -> HttpAnswer:  # noqa: ARG002 - `judge` has read it
        asked, self._admitted = self._admitted, None
        assert asked is not None
        held, self._held = self._held, 0
        try:
            work = self._server.app.answer(replace(asked, body=body))
            return self._answer(await asyncio.wrap_future(self._server.thread.begin(work)))
        except Exception:  # noqa: BLE001 - as above
            return _FAILED
        finally:
            self._server.held -= held
            self.waits_since = self._loop.time()

    def _leave(self) -> None:
        super()._leave()
        self._give_back()

    def _give_back(self) -> None:
        self._server.held -= self._held
        self._held = 0

    def _answer(self, answer: Answer) -> HttpAnswer:
        headers = (*self.usual, *answer.more)
        return HttpAnswer(answer.status, answer.body, answer.kind, headers, close=self._server.stopping)


def read_head(request: h11.Request) -> Asked | None:
    """The head without the client's identity; None if a single header is repeated or something is not text."""
    headers: dict[str, str] = {}
    for raw, value in request.headers:
        name = raw.decode("latin-1")
        if name in headers and name in _SINGLE:
            return None
        if not _tells(name):
            headers[name] = value.decode("latin-1")
    path, _, queried = request.target.decode("ascii").partition("?")
    try:
        query = dict(parse_qsl(queried, keep_blank_values=True, errors="strict", max_num_fields=32))
    except ValueError:
        return None
    cookies = read_cookies(headers.get("cookie", ""))
    return Asked(request.method.decode("ascii"), unquote(path), query, headers, cookies) if path[:1] == "/" else None


def _tells(name: str) -> bool:
    return name in _FORGOTTEN or name.startswith(("x-forwarded", "x-real-", "sec-ch-", "cf-"))


def read_cookies(header: str) -> Mapping[str, str]:
    """The cookies; empty if the header is invalid."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
