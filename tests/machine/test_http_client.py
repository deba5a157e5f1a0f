"""The HTTP client against servers that are broken, slow or too generous, and addresses that are not to be used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nullabona.machine.http_client import (
    BadUrl,
    HttpClient,
    HttpMisbehaved,
    HttpTimedOut,
    HttpUnreachable,
    Route,
    parse_url,
)
from nullabona.machine.http_exchange import Reply

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(handler: Handler, *names: str, timeout_s: float = 5.0) -> list[Reply]:
    """Ask a server with this handler for each name, one after the other, with one client."""

    async def run() -> list[Reply]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            async with HttpClient(parse_url(f"http://127.0.0.1:{port}/log"), Route(timeout_s=timeout_s)) as client:
                return [await client.get(name, 100) for name in names]
        finally:
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def fixed(answer: bytes, times: int = 1) -> Handler:
    """A server that gives this answer so many times on a connection."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(times):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return handler


OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"


def test_a_connection_is_used_again() -> None:
    """Several questions go over one connection, and go on over another if it was closed in between."""
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            seen.append((await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
            writer.write(OK)
            await writer.drain()

    assert [Reply(200, "text/plain", b"ok")] * 5 == talk(handler, *"abcde")
    assert [b"GET /log/%s HTTP/1.1" % name for name in (b"a", b"b", b"c", b"d", b"e")] == seen


def test_no_name_of_a_program_is_sent() -> None:
    """The head has what HTTP needs and nothing that tells readers apart."""
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()

    talk(handler, "a")
    (head,) = heads
    lines = [line.partition(b":")[0].lower() for line in head.strip().split(b"\r\n")]
    assert [b"get /log/a http/1.1", b"host"] == lines


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"garbage\r\n\r\n", HttpMisbehaved),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n" + bytes(101), HttpMisbehaved),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000 + b"\r\n\r\n", HttpMisbehaved),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", HttpMisbehaved),
        (b"HTTP/1.1 101 Switching\r\n\r\n", HttpMisbehaved),
        (b"", HttpUnreachable),
    ],
    ids=["garbage", "too-long", "long-head", "cut", "switch", "nothing"],
)
def test_a_wrong_answer_is_an_error(answer: bytes, error: type[Exception]) -> None:
    """Whatever is no whole answer within the bound is refused."""
    with pytest.raises(error):
        talk(fixed(answer), "a")


def test_redirects_are_not_followed() -> None:
    """A server cannot send a reader elsewhere."""
    (reply,) = talk(fixed(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"), "a")
    assert 302 == reply.status


def test_one_deadline_holds_for_the_whole_answer() -> None:
    """A server that sends a byte now and then does not hold a question open."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            try:
                await asyncio.wait_for(reader.read(1), 0.05)
            except TimeoutError:
                continue

    with pytest.raises(HttpTimedOut):
        talk(handler, "a", timeout_s=0.2)


def test_nobody_there_is_unreachable() -> None:
    """A port where nobody listens."""

    async def run() -> None:
        async with HttpClient(parse_url("http://127.0.0.1:1/")) as client:
            await client.get("a", 1)

    with pytest.raises(HttpUnreachable):
        asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    ["", "log.example", "ftp://x/", "http://log.example/", "http://10.0.0.1/", "https://x/?q", "https://x/#f",
     "https://u@x/", "https://x:0/", "https://x:99999/", "https://x/ y", "https://x\n/", "https://é/"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    """Plain HTTP goes to this machine and onion services only; what is no base URL is none."""
    with pytest.raises(BadUrl):
        parse_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://Log.example", "https://log.example/"),
        ("https://log.example:443/a/b", "https://log.example/a/b/"),
        ("http://localhost:80/", "http://localhost/"),
        ("http://[::1]:8080/a/", "http://[::1]:8080/a/"),
        ("http://127.9.9.9/", "http://127.9.9.9/"),
    ],
)
def test_an_address_has_one_form(url: str, said: str) -> None:
    """A base URL ends with a slash and names a port only if it must."""
    assert said == str(parse_url(url))


@pytest.mark.parametrize(
    ("url", "proxy"),
    [("http://x.onion/", None), ("https://x/", "socks5://10.0.0.1:9050"), ("https://x/", "http://127.0.0.1:1/")],
)
def test_a_way_that_cannot_be_meant_is_refused(url: str, proxy: str | None) -> None:
    """Onion services without a proxy, and proxies on other machines."""
    with pytest.raises(BadUrl):
        HttpClient(parse_url(url), Route(proxy=proxy))
