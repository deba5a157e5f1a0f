"""One POST per request: the same bytes and promises as over a WebSocket, on a connection of its own each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from nullabona.client.net import NetOptions, PostCarrier, TimedOut, TooManyRequests, Unreachable
from nullabona.errors import Malformed, PeerError
from nullabona.relay.post_head import POST_HEAD
from nullabona.wire.messages import (
    MAX_BLOB_CHUNK,
    MAX_RESPONSE,
    AnyResponse,
    Blob,
    Done,
    PutBlob,
    Refusal,
    Trim,
    encode,
)
from tests.net.conftest import Run
from tests.net.servers import Handler, byte_server, http, read_post

TRIM = Trim(0, bytes(32), bytes(32), 1)
LONG = 8.0


def says(data: bytes) -> Handler:
    """Read one POST, say ``data``, hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_post(reader)
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    return handle


async def ask(handler: Handler, timeout_s: float = LONG) -> AnyResponse:
    async with byte_server(handler) as endpoint:
        return await PostCarrier(endpoint).request(TRIM, timeout_s)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (http(200, encode(Done())), Done()),
        (http(200, encode(Refusal("busy", 5))), Refusal("busy", 5)),
        (http(400, encode(Refusal("bad-request"))), Refusal("bad-request")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + http(200, encode(Done())), Done()),
        (b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x91\x03\r\n0\r\n\r\n", Done()),
        (b"HTTP/1.0 200 x\r\n\r\n" + encode(Done()), Done()),
    ],
)
def test_an_answer_is_read_in_every_form_of_http(run: Run, reply: bytes, expected: AnyResponse) -> None:
    """Length, chunks or the end of the connection: the same answer."""
    assert run(ask(says(reply))) == expected


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (http(401), Unreachable),
        (http(500, encode(Done())), Unreachable),
        (http(302, b"", "Location: http://127.0.0.1:1/v1"), Unreachable),
        (b"", Unreachable),
        (b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nabc", Unreachable),
        (b"\xff\xfe\xfd\r\n\r\n", Malformed),
        (b"HTTP/1.1 200 x\r\n" + b"x: y\r\n" * 9_999, Malformed),
        (http(200, b"\xc1"), Malformed),
        (http(200), Malformed),
        (http(200, encode(Blob(b"x"))), Malformed),
        (http(200, bytes(MAX_RESPONSE + 1)), Malformed),
    ],
)
def test_what_is_no_answer_is_an_error(run: Run, reply: bytes, error: type[PeerError]) -> None:
    """Refusals of HTTP, redirects, garbage, halves, other kinds and other sizes."""
    with pytest.raises(PeerError) as caught:
        run(ask(says(reply)))
    assert type(caught.value) is error


def test_a_slow_relay_times_out(run: Run) -> None:
    """Whether it says nothing or babbles for ever."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_post(reader)
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)
            await writer.drain()

    for handler in (silent, endless):
        with pytest.raises(TimedOut):
            run(ask(handler, 0.05))


def test_every_request_has_a_connection_of_its_own(run: Run) -> None:
    """Nothing in a head tells two requests of one client from those of two clients."""
    heads: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await read_post(reader)
        heads.append(head)
        writer.write(http(200, encode(Done())))
        await writer.drain()

    async def play() -> list[AnyResponse]:
        async with byte_server(note) as endpoint:
            carrier = PostCarrier(endpoint)
            big = PutBlob(bytes(32), bytes(MAX_BLOB_CHUNK))
            answers = await asyncio.gather(*(carrier.request(request, LONG) for request in (TRIM, TRIM, big)))
            await carrier.close()
            return answers

    assert run(play()) == [Done()] * 3
    names = [sorted(line.split(":")[0].lower() for line in head.split("\r\n")[1:-2]) for head in heads]
    assert names == [["connection", "content-length", "content-type", "host"]] * 3


def test_requests_are_bounded_and_end_with_the_carrier(run: Run) -> None:
    """Too many at once are refused; closing tells whoever waits, and nothing can be asked afterwards."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()

    arrived = asyncio.Event()

    async def play(attempt: Callable[[PostCarrier], object]) -> None:
        async with byte_server(silent) as endpoint:
            carrier = PostCarrier(endpoint, NetOptions(most_requests=1))
            waiting = asyncio.create_task(carrier.request(TRIM, LONG))
            await arrived.wait()
            with pytest.raises(TooManyRequests):
                await carrier.request(TRIM, LONG)
            await carrier.close()
            for request in (waiting, carrier.request(TRIM, LONG)):
                with pytest.raises(Unreachable):
                    await request
            assert attempt(carrier) is False

    run(play(lambda carrier: carrier.is_open))


def test_a_cancelled_request_leaves_nothing_behind(run: Run) -> None:
    """Its connection is hung up."""

    async def play() -> None:
        arrived, gone = asyncio.Event(), asyncio.Event()

        async def note(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await read_post(reader)
            arrived.set()
            try:
                await reader.read()
            finally:
                gone.set()

        async with byte_server(note) as endpoint:
            task = asyncio.create_task(PostCarrier(endpoint).request(TRIM, LONG))
            await arrived.wait()
            task.cancel()
            await gone.wait()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(play())


def test_a_relay_recognises_what_is_posted(run: Run) -> None:
    """The head is one that a relay need not parse, and comes in one piece with a small request."""

    async def play() -> bytes:
        got: list[bytes] = []

        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.read(65_536))
            writer.write(http(200, encode(Done())))

        async with byte_server(note) as endpoint:
            assert Done() == await PostCarrier(endpoint).request(TRIM, LONG)
        return got[0]

    said = run(play())
    head = POST_HEAD.match(said)
    assert head is not None, said
    assert encode(TRIM) == said[head.end() :]
