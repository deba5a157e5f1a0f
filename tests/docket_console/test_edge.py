"""What arrives is counted while it arrives, of everybody together (spec/console.md §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final

import pytest

from nullabona.docket.console.request.answers import Answer, Asked
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.serving.asgi import MOST_BODIES, AsgiApp, Bodies
from nullabona.docket.core.records import MAX_DOCUMENT

MIB: Final = 1 << 20
PART: Final = bytes(MIB)
SCOPE: Final[dict[str, Any]] = {
    "type": "http", "method": "POST", "path": "/intake/document", "query_string": b"", "scheme": "http",
    "headers": [(b"host", b"localhost:1"), (b"origin", b"http://localhost:1"), (b"transfer-encoding", b"chunked")],
    "server": ("localhost", 1), "client": None, "root_path": "",
}  # fmt: skip


class Hall:
    """Behind it: lets every request hand in an original."""

    def admit(self, asked: Asked) -> Answer | int:
        assert asked.method == "POST"
        return MAX_DOCUMENT

    async def answer(self, asked: Asked) -> Answer:
        return Answer(200, b"%d" % len(asked.body))


class SameLoop:
    """No thread of its own."""

    def submit(self, fn: Callable[[Asked], Any], asked: Asked, /) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(asked))
        return future

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, asyncio.get_running_loop())


class Upload:
    """One request: all parts but the last at once, the last one when it may."""

    def __init__(self, asgi: AsgiApp, mib: int) -> None:
        self._asgi = asgi
        self._parts = [PART] * mib
        self.taken = 0
        self.rest = asyncio.Event()
        self.settled = asyncio.Event()
        """Set once it waits for its last part or was answered."""
        self.status = 0

    async def run(self) -> None:
        await self._asgi(dict(SCOPE), self._receive, self._send)
        self.settled.set()

    async def _receive(self) -> dict[str, Any]:
        if len(self._parts) == 1:
            self.settled.set()
            await self.rest.wait()
        if not self._parts:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += MIB
        return {"type": "http.request", "body": self._parts.pop(), "more_body": True}

    async def _send(self, message: Any) -> None:  # noqa: ANN401 - ASGI's
        self.status = message.get("status", self.status)


def test_no_more_than_so_many_bytes_are_in_memory() -> None:
    """Of six originals that come at once two find room; the others are told to come again; then it is free."""

    async def play() -> tuple[int, list[int], int]:
        asgi = AsgiApp(Site("http://localhost:1"), Hall(), SameLoop())
        uploads = [Upload(asgi, 32) for _ in range(6)]
        tasks = [asyncio.create_task(upload.run()) for upload in uploads]
        await asyncio.gather(*(upload.settled.wait() for upload in uploads))
        held = sum(upload.taken for upload in uploads if not upload.status)
        for upload in uploads:
            upload.rest.set()
        await asyncio.gather(*tasks)
        again = Upload(asgi, 32)
        again.rest.set()
        await again.run()
        return held, sorted(upload.status for upload in uploads), again.status

    held, statuses, again = asyncio.run(play())
    assert held <= MOST_BODIES
    assert ([200, 200, 503, 503, 503, 503], 200) == (statuses, again)


def test_what_was_counted_is_given_back_whatever_happens() -> None:
    """Also if the request fails on its way; what found no room was never counted."""
    bodies = Bodies(10)

    def fail() -> None:
        with bodies.share() as take:
            assert (True, False, True) == (take(6), take(5), take(4))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with bodies.share() as take:
        assert (True, False) == (take(10), take(1))
