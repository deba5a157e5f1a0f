"""The outermost layer: an ASGI application that forgets who is calling, refuses strangers, and adds the headers.

It knows no officer and no case. Bodies are read only after the request was admitted, and only up to its route's limit.
Everything behind it runs on one thread, one thing after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nullabona.docket.console.request.answers import TEXT, Answer, Asked
from nullabona.docket.console.rules.headers import SAFE, STRICT_TRANSPORT
from nullabona.docket.console.rules.origin import Site, from_here

T = TypeVar("T")
Take = Callable[[int], bool]
_SINGLE: Final = frozenset({"host", "origin", "cookie", "content-length", "content-type", "x-desk-token"})
_FORGOTTEN: Final = frozenset({"user-agent", "forwarded", "via", "referer", "true-client-ip", "from"})
BODY_S: Final = 60.0
"""A body must have arrived within this time."""
MOST_BODIES: Final = 64 << 20
"""Bytes of bodies in memory at once, of all requests together."""


class Application(Protocol):
    """What answers requests."""

    def admit(self, asked: Asked) -> Answer | int:
        """A refusal judged by the head, or how many bytes the body may have."""
        ...

    async def answer(self, asked: Asked) -> Answer: ...


class Thread(Protocol):
    """The one thread on which requests are answered."""

    def submit(self, fn: Callable[[Asked], T], asked: Asked, /) -> Future[T]:
        """Call something when it is its turn."""
        ...

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run something that gives way to others whenever it waits."""
        ...


class Bodies:
    """Counts the bytes of all bodies that are in memory, from when they arrive until their request is answered."""

    def __init__(self, most: int = MOST_BODIES) -> None:
        self._most = most
        self._held = 0

    @contextmanager
    def share(self) -> Iterator[Take]:
        """For one request: call with each size that arrives; False if there is no room, and nothing is counted."""
        mine = 0

        def take(size: int) -> bool:
            nonlocal mine
            if self._held + size > self._most:
                return False
            mine += size
            self._held += size
            return True

        try:
            yield take
        finally:
            self._held -= mine


class AsgiApp:
    """The ASGI application."""

    def __init__(self, site: Site, app: Application, thread: Thread) -> None:
        self._site = site
        self._app = app
        self._thread = thread
        self._bodies = Bodies()
        more = (STRICT_TRANSPORT,) if site.origin.startswith("https:") else ()
        self._headers = dict((*SAFE, *more))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = self._response(await self._serve(Request(forgetful(scope), receive)))
        except ClientDisconnect:
            return
        except Exception:  # noqa: BLE001 - the last resort; nothing of what went wrong is told or logged
            response = self._response(Answer(500, b"something went wrong inside\n", TEXT))
        await response(scope, receive, send)

    async def _serve(self, request: Request) -> Answer:
        asked = read_head(request)
        if asked is None:
            return Answer(400, b"the request cannot be read\n", TEXT)
        if not from_here(self._site, asked.method, asked.headers):
            return Answer(403, b"this request does not come from the console\n", TEXT)
        admitted = await asyncio.wrap_future(self._thread.submit(self._app.admit, asked))
        if isinstance(admitted, Answer):
            return admitted
        with self._bodies.share() as take:
            body = await self._body(request, asked, admitted, take)
            if isinstance(body, Answer):
                return body
            whole = Asked(asked.method, asked.path, asked.query, asked.headers, asked.cookies, body)
            return await asyncio.wrap_future(self._thread.begin(self._app.answer(whole)))

    @staticmethod
    async def _body(request: Request, asked: Asked, limit: int, take: Take) -> bytes | Answer:
        said = asked.headers.get("content-length") or "0"
        if not (said.isascii() and said.isdigit()) or int(said) > limit:
            return Answer(413, b"the body is too large\n", TEXT, (("Connection", "close"),))
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_S):
                async for part in request.stream():
                    size += len(part)
                    if size > limit:
                        return Answer(413, b"the body is too large\n", TEXT, (("Connection", "close"),))
                    if not take(len(part)):
                        return Answer(503, b"too much arrives at once\n", TEXT, (("Connection", "close"),))
                    parts.append(part)
        except TimeoutError:
            return Answer(408, b"the request took too long\n", TEXT, (("Connection", "close"),))
        return b"".join(parts)

    def _response(self, answer: Answer) -> Response:
        response = Response(answer.body, answer.status, self._headers, answer.kind)
        for name, value in answer.more:
            response.headers.append(name, value)
        return response


def forgetful(scope: Scope) -> Scope:
    """The scope without who is calling."""
    headers = [(name, value) for name, value in scope["headers"] if not _tells(name)]
    return {**scope, "client": None, "headers": headers}


def _tells(name: bytes) -> bool:
    text = name.decode("latin-1").lower()
    return text in _FORGOTTEN or text.startswith(("x-forwarded", "x-real-", "sec-ch-", "cf-"))


def read_head(request: Request) -> Asked | None:
    """The head as a value, or None if a header that must be single is given twice or something is no text."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        if name in headers and name in _SINGLE:
            return None
        headers[name] = value
    try:
        query = dict(parse_qsl(request.url.query, keep_blank_values=True, errors="strict", max_num_fields=32))
    except ValueError:
        return None
    return Asked(request.method, request.scope["path"], query, headers, read_cookies(headers.get("cookie", "")))


def read_cookies(header: str) -> Mapping[str, str]:
    """The cookies; none at all if the header is none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
