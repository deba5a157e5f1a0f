"""How a connection to a relay begins: what the first bytes say, and what a relay may do wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from nullabona.client.net import NetOptions, Unreachable, connect
from tests.net.conftest import Run
from tests.net.servers import byte_server, http, websocket_relay


def test_the_handshake_says_nothing_of_the_client(run: Run) -> None:
    """No user agent, no origin, no language: only what WebSocket needs."""

    async def play() -> list[str]:
        async with websocket_relay(lambda _transport, _requests: None) as (endpoint, seen):
            await (await connect(endpoint)).close()
            return sorted(name.lower() for name in seen.headers)

    assert run(play()) == [
        "connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade",
    ]  # fmt: skip


async def _endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        writer.write(b"x: " + b"y" * 4_096)
        await writer.drain()


def _says(data: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], asyncio.Future[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        await reader.read()

    return handle  # type: ignore[return-value]


HANDSHAKES = {
    "401": _says(http(401)),
    "500": _says(http(500, b"broken")),
    "redirect": _says(http(302, b"", "Location: ws://127.0.0.1:1/v1")),
    "200": _says(http(200, b"hello")),
    "wrong-accept": _says(
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"
    ),
    "garbage": _says(b"\xff\x00" * 100 + b"\r\n\r\n"),
    "nothing": _says(b""),
    "endless-head": _endless_head,
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_failed_handshake_is_unreachable(run: Run, name: str) -> None:
    """Refusals, redirects, garbage, silence and endless heads: no connection, no second try, no redirect followed."""
    tries: list[int] = []

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.append(1)
        await HANDSHAKES[name](reader, writer)

    async def play() -> None:
        async with byte_server(counted) as endpoint:
            with pytest.raises(Unreachable):
                await connect(endpoint, NetOptions(connect_s=0.2))

    run(play())
    assert tries == [1]


def test_a_relay_that_hangs_up_in_the_handshake_is_unreachable(run: Run) -> None:
    """The connection may end before it began."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def play() -> None:
        async with byte_server(hang_up) as endpoint:
            with pytest.raises(Unreachable):
                await connect(endpoint)
        with pytest.raises(Unreachable):
            await connect(endpoint)

    run(play())
