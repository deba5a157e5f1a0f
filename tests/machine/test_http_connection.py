"""What every server's connection does by itself, whatever is served on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import h11
import pytest

from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import HttpAnswer, refuse
from nullabona.machine.http_tasks import HttpTaskConnection

HEAD = b"%s /%s HTTP/1.1\r\nHost: x\r\n%s\r\n"
GET = HEAD % (b"GET", b"", b"")
BODY_S = 0.2
LOOK_S = 0.05


class Served(HttpTaskConnection):
    """Echoes bodies of at most nine bytes; ``/no`` is refused by its head, and the connection goes on."""

    def __init__(self) -> None:
        super().__init__(head_bytes=200, head_s=0.1, body_s=BODY_S, deadlines=Deadlines(LOOK_S), idle_s=5.0)

    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | int:
        assert headers[b"host"] == b"x"
        return refuse(403, "no", close=False) if request.target == b"/no" else 9

    async def respond(self, request: h11.Request, body: bytes) -> HttpAnswer:
        return HttpAnswer(200, body or request.target)


def talk(play: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]) -> bytes:
    """What was heard."""

    async def run() -> bytes:
        server = await asyncio.get_running_loop().create_server(Served, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            async with asyncio.timeout(10):
                return await play(reader, writer)
        finally:
            writer.close()
            server.close()

    return asyncio.run(run())


def said(*parts: bytes) -> bytes:
    """What comes back until the server hangs up, which a request asks for in the end."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)  # a pace, not a wait: parts are meant to arrive one by one, but need not
        writer.write(HEAD % (b"GET", b"end", b"Connection: close\r\n"))
        return await reader.read()

    return talk(play)


def statuses(heard: bytes) -> list[int]:
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]


def test_head_has_no_body() -> None:
    """The length of what GET would bring, and nothing of it; what follows is read as the next answer."""
    heard = said(HEAD % (b"HEAD", b"abc", b""))
    assert [200, 200] == statuses(heard)
    assert b"content-length: 4\r\n\r\nHTTP/1.1 200" in heard


def test_what_is_pipelined_is_answered_in_order() -> None:
    """Also where requests come in one piece, or one begins in the piece of another."""
    heard = said(GET * 3 + GET[:5], GET[5:])
    assert [200] * 5 == statuses(heard)


def test_the_body_of_a_refused_request_is_dropped() -> None:
    """The connection goes on with the next request, wherever the pieces are cut."""
    head = HEAD % (b"POST", b"no", b"Content-Length: 20\r\n")
    assert [403, 200, 200] == statuses(said(head + bytes(7), bytes(13) + GET))


def test_who_waits_for_leave_to_send_a_body_is_hung_up_on_when_refused() -> None:
    """It may send the body or not: what comes next could be read in two ways."""
    head = HEAD % (b"POST", b"no", b"Content-Length: 20\r\nExpect: 100-continue\r\n")
    heard = said(head)
    assert ([403], True) == (statuses(heard), b"connection: close" in heard)
    assert [100, 200, 200] == statuses(
        said(HEAD % (b"POST", b"", b"Content-Length: 2\r\nExpect: 100-continue\r\n"), b"ok")
    )


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 10\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"]
)
def test_a_body_is_no_longer_than_it_may_be(framing: bytes) -> None:
    """Whether the head says so or the bytes do."""
    assert [413] == statuses(said((HEAD % (b"POST", b"", framing))[:-2]))


def test_a_head_counts_all_its_lines() -> None:
    """Also those of one name."""
    assert [431] == statuses(said(HEAD % (b"GET", b"", b"a: b\r\n" * 120)))


def test_a_head_must_be_whole_soon_after_its_first_byte() -> None:
    """A connection may be silent for long; a head in drops may not."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(GET)
        first = await reader.readuntil(b"\r\n\r\n/")
        await asyncio.sleep(0.3)  # the silence that is allowed, longer than a head may take
        heard = asyncio.create_task(reader.read())
        for _ in range(100):
            if not heard.done():
                writer.write(b"G")
                await asyncio.sleep(0.03)
        return first + heard.result()

    assert [200, 408] == statuses(talk(play))
