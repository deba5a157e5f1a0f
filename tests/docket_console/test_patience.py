"""Whoever connects and asks nothing keeps no officer out (spec/console.md §2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial

import pytest

from nullabona.docket.console.request.answers import Answer, Asked
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.serving import connection
from nullabona.docket.console.serving.connection import MOST_CONNECTIONS, ConsoleServer
from tests.docket_console.place import Place
from tests.docket_console.wire import SameLoop

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""
HEAD = b"GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n"


def test_silent_connections_keep_nobody_out(place: Place) -> None:
    """More of them than there are places: whoever asks something is answered all the same, again and again."""
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 20):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", place.port), timeout=20))
            silent.sendall(b"GET / HTTP/1.1\r\n")
        assert [200] * 3 == [place.stranger().get("/healthz").status for _ in range(3)]


class AtOnce:
    """Answers by the head, whatever of the request is still to come."""

    def admit(self, asked: Asked) -> Answer | int:
        assert asked.path == "/"
        return Answer(200, b"ok")

    async def answer(self, asked: Asked) -> Answer:
        raise AssertionError(asked)


def serve(talk: Callable[[int], Awaitable[bytes]], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What ``talk`` heard of a server whose patience is short."""
    monkeypatch.setattr(connection, "HEAD_S", 0.1)

    async def play() -> bytes:
        server = ConsoleServer(Site("http://localhost:1"), AtOnce(), SameLoop())
        listening = socket.create_server(("127.0.0.1", 0))
        await server.start(listening, None)
        try:
            async with asyncio.timeout(20):
                return await talk(listening.getsockname()[1])
        finally:
            await server.stop()

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
        (HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 100000\r\n\r\n"), b"x"),
    ],
    ids=["nothing", "a head in drops", "nothing more", "a second head in drops", "a body after its answer"],
)
def test_nobody_is_waited_for_without_end(said: bytes, drops: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before the first request nor between two, however slowly something comes."""
    assert serve(partial(drip, said, drops), monkeypatch).count(b"200 ") <= 1


async def twice(port: int) -> bytes:
    """A request that is answered before its body came, its body, and another one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 100000\r\n\r\n"))
    first = await reader.readuntil(b"ok")
    writer.write(bytes(100_000) + HEAD)
    second = await reader.readuntil(b"ok")
    writer.close()
    return first + second


def test_a_body_that_nobody_wants_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is read whole, and the connection goes on."""
    monkeypatch.setattr(connection, "HEAD_S", 10)
    assert serve(twice, monkeypatch).count(b"200 ") == 2
