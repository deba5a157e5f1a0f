"""Whoever connects and asks nothing keeps no officer out (spec/console.md §2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import uvicorn

from nullabona.docket.console.run import MOST_CONNECTIONS
from nullabona.docket.console.serving import patience
from nullabona.docket.console.serving.patience import PatientProtocol
from tests.docket_console.place import Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_silent_connections_keep_nobody_out(place: Place) -> None:
    """More of them than there are places: whoever asks something is answered all the same, again and again."""
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 20):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", place.port), timeout=20))
            silent.sendall(b"GET / HTTP/1.1\r\n")
        assert [200] * 3 == [place.stranger().get("/healthz").status for _ in range(3)]


async def answering(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's
    """An answer at once, whatever of the request is still to come."""
    assert (scope["type"], callable(receive)) == ("http", True)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def serve(talk: Callable[[int], Awaitable[bytes]], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What ``talk`` heard of a server whose patience is short."""
    monkeypatch.setattr(patience, "HEAD_S", 0.1)
    config = uvicorn.Config(answering, http=PatientProtocol, ws="none", lifespan="off", log_config=None)

    async def play() -> bytes:
        server = uvicorn.Server(config)
        config.load()
        listening = socket.create_server(("127.0.0.1", 0))
        server.servers = []
        server.lifespan = config.lifespan_class(config)
        await server.startup([listening])
        try:
            async with asyncio.timeout(20):
                return await talk(listening.getsockname()[1])
        finally:
            server.should_exit = True
            await server.shutdown([listening])

    return asyncio.run(play())


async def drip(said: bytes, drops: bytes, port: int) -> bytes:
    """Say something, then one byte after the other until the other end hangs up; what was heard."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    heard = asyncio.create_task(reader.read())
    while not heard.done():
        writer.write(drops)
        await asyncio.sleep(0.02)
    writer.close()
    try:
        return heard.result()
    except ConnectionError:
        return b"(reset)"


@pytest.mark.parametrize(
    ("said", "drops"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nX: ", b"x"),
        (HEAD, b""),
        (HEAD + b"GET / HTTP/1.1\r\nX: ", b"x"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"x"),
    ],
    ids=["nothing", "a head in drops", "nothing more", "a second head in drops", "a body after its answer"],
)
def test_nobody_is_waited_for_without_end(said: bytes, drops: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before the first request nor between two, however slowly something comes."""
    assert serve(partial(drip, said, drops), monkeypatch).count(b"200 OK") <= 1
