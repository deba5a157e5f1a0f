"""A connection against relays that lie, babble, dawdle and vanish: a clear error each time, never a hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest
from picows import WSMsgType, WSTransport

from nullabona.client.net import NetOptions, TimedOut, TooManyRequests, Unreachable, connect
from nullabona.client.net import connection as connection_module
from nullabona.client.net.connection import MAX_MESSAGE
from nullabona.errors import Malformed, PeerError
from nullabona.wire.messages import (
    MAX_BLOB_CHUNK,
    MAX_RESPONSE,
    AnyRequest,
    AnyResponse,
    Blob,
    Done,
    Frames,
    GetBlob,
    PutBlob,
    Read,
    Refusal,
    Trim,
    encode,
)
from tests.net.conftest import Run
from tests.net.servers import answer, record, websocket_relay

TRIM = Trim(0, bytes(32), bytes(32), 1)
LONG = 8.0
BIG = PutBlob(bytes(32), bytes(MAX_BLOB_CHUNK))
MANY = 64

Requests = list[tuple[int, AnyRequest]]


def send(transport: WSTransport, *messages: bytes) -> None:
    for message in messages:
        transport.send(WSMsgType.BINARY, message)


def echo(transport: WSTransport, requests: Requests) -> None:
    """Answer every request, the last one first."""
    send(transport, b"".join(answer(number, Done()) for number, _ in reversed(requests)))


def get(number: int) -> GetBlob:
    return GetBlob(number.to_bytes(32, "big"))


def blob_of(request: AnyRequest) -> bytes:
    assert isinstance(request, GetBlob)
    return sha256(request.digest).digest()


def test_answers_in_any_order_reach_their_requests(run: Run) -> None:
    """A hundred requests of one turn leave as one message, and each gets the answer to its own question."""

    def script(transport: WSTransport, requests: Requests) -> None:
        for number, request in reversed(requests):
            send(transport, answer(number, Blob(blob_of(request))))

    async def play() -> tuple[list[AnyResponse], list[int]]:
        async with websocket_relay(script) as (endpoint, seen):
            connection = await connect(endpoint)
            answers = await asyncio.gather(*(connection.request(get(n), LONG) for n in range(100)))
            await connection.close()
            return answers, [len(message) for message in seen.messages]

    assert run(play()) == ([Blob(blob_of(get(n))) for n in range(100)], [100])


def test_refusals_are_answers(run: Run) -> None:
    """A relay that says no has answered."""

    def script(transport: WSTransport, requests: Requests) -> None:
        send(transport, answer(requests[0][0], Refusal("busy", 5)))

    assert run(_one_request(script)) == Refusal("busy", 5)


async def _one_request(
    script: Callable[[WSTransport, Requests], None],
    options: NetOptions | None = None,
    timeout_s: float = LONG,
) -> AnyResponse:
    async with websocket_relay(script) as (endpoint, _):
        connection = await connect(endpoint, options)
        try:
            return await connection.request(TRIM, timeout_s)
        finally:
            await connection.close()


def test_the_largest_requests_and_answers_pass(run: Run) -> None:
    """Blobs of the largest size, several at once, go both ways; also in fragments."""
    data = bytes(MAX_BLOB_CHUNK)

    def script(transport: WSTransport, requests: Requests) -> None:
        for number, request in requests:
            if isinstance(request, PutBlob):
                send(transport, answer(number, Done()))
                continue
            whole = answer(number, Blob(data))
            transport.send(WSMsgType.BINARY, whole[:1000], fin=False)
            transport.send(WSMsgType.CONTINUATION, whole[1000:2000], fin=False)
            transport.send(WSMsgType.CONTINUATION, whole[2000:])

    async def play() -> list[AnyResponse]:
        async with websocket_relay(script) as (endpoint, _):
            connection = await connect(endpoint)
            puts = [connection.request(PutBlob(bytes(32), data), LONG) for _ in range(4)]
            answers = await asyncio.gather(*puts, connection.request(get(1), LONG))
            await connection.close()
            return answers

    assert run(play()) == [Done()] * 4 + [Blob(data)]


def _fragments_without_end(transport: WSTransport, requests: Requests) -> None:
    transport.send(WSMsgType.BINARY, record(requests[0][0], b"")[:4], fin=False)
    for _ in range(20):
        transport.send(WSMsgType.CONTINUATION, bytes(2**20), fin=False)


GARBAGE: dict[str, Callable[[WSTransport, Requests], None]] = {
    "empty": lambda transport, _: send(transport, b""),
    "half-a-head": lambda transport, _: send(transport, b"\x00\x00"),
    "half-a-body": lambda transport, requests: send(transport, answer(requests[0][0], Done())[:-1]),
    "not-a-response": lambda transport, requests: send(transport, record(requests[0][0], b"\xc1")),
    "a-request": lambda transport, requests: send(transport, record(requests[0][0], encode(get(1)))),
    "wrong-kind": lambda transport, requests: send(transport, answer(requests[0][0], Blob(b"x"))),
    "wrong-id": lambda transport, requests: send(transport, answer(requests[0][0] + 99, Done())),
    "answered-twice": lambda transport, requests: send(transport, answer(requests[0][0], Done()) * 2),
    "record-too-large": lambda transport, _: send(transport, record(0, bytes(MAX_RESPONSE + 1))),
    "message-too-large": lambda transport, _: send(transport, bytes(MAX_MESSAGE + 1)),
    "fragments-without-end": _fragments_without_end,
    "fragment-without-beginning": lambda transport, _: transport.send(WSMsgType.CONTINUATION, b"x"),
    "text": lambda transport, _: transport.send(WSMsgType.TEXT, b"hello"),
    "reserved-bit": lambda transport, _: transport.send(WSMsgType.BINARY, b"hello", rsv1=True),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_closes_the_connection(run: Run, name: str) -> None:
    """After garbage every waiting request fails, the relay is hung up on, and nothing more is sent to it."""

    async def play() -> tuple[Sequence[object], PeerError, bool]:
        async with websocket_relay(GARBAGE[name]) as (endpoint, seen):
            connection = await connect(endpoint)
            requests = (connection.request(TRIM, LONG) for _ in range(3))
            results = await asyncio.gather(*requests, return_exceptions=True)
            await seen.lost.wait()
            why = await connection.wait_lost()
            with pytest.raises(PeerError):
                await connection.request(TRIM, LONG)
            await connection.close()
            return results, why, connection.is_open

    results, why, is_open = run(play())
    assert isinstance(results[-1], Malformed)
    assert isinstance(why, Malformed)
    assert not is_open


def test_a_relay_that_hangs_up_is_unreachable(run: Run) -> None:
    """Whether it says goodbye or not, everybody who waits learns that the answer is lost, and may try again."""

    async def play(script: Callable[[WSTransport, Requests], None]) -> Sequence[object]:
        async with websocket_relay(script) as (endpoint, _):
            connection = await connect(endpoint)
            requests = (connection.request(TRIM, LONG) for _ in range(3))
            results = await asyncio.gather(*requests, return_exceptions=True)
            await connection.close()
            return results

    for script in (lambda t, _: t.disconnect(graceful=False), lambda t, _: t.send_close()):
        results = run(play(script))
        assert [type(result) for result in results] == [Unreachable] * 3
        assert all(result.retryable for result in results)


def test_a_late_answer_disturbs_nobody(run: Run) -> None:
    """A request that timed out or was cancelled may be answered later; the connection goes on."""
    held: Requests = []

    def script(transport: WSTransport, requests: Requests) -> None:
        held.extend(requests)
        if len(held) > 2:
            echo(transport, held)

    async def play() -> AnyResponse:
        async with websocket_relay(script) as (endpoint, seen):
            connection = await connect(endpoint)
            with pytest.raises(TimedOut):
                await connection.request(TRIM, 0.02)
            given_up = asyncio.create_task(connection.request(TRIM, LONG))
            for _ in range(2):
                await seen.arrived.get()
            given_up.cancel()
            result = await connection.request(TRIM, LONG)
            assert connection.waiting == 0
            await connection.close()
            return result

    assert run(play()) == Done()


def test_waiting_requests_are_bounded(run: Run) -> None:
    """A relay that never answers cannot make the client remember without end."""

    async def play() -> None:
        async with websocket_relay(lambda _t, _r: None) as (endpoint, _):
            connection = await connect(endpoint, NetOptions(most_requests=2))
            waiting = [asyncio.create_task(connection.request(TRIM, LONG)) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(TooManyRequests):
                await connection.request(TRIM, LONG)
            await connection.close()
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(result) for result in results] == [Unreachable] * 2

    run(play())


def test_a_relay_that_never_answers_is_given_up(run: Run) -> None:
    """When most places are taken by requests that timed out, the connection ends, and another can be made."""

    async def play() -> None:
        async with websocket_relay(lambda _t, _r: None) as (endpoint, _):
            connection = await connect(endpoint, NetOptions(most_requests=2))
            for _ in range(2):
                with pytest.raises(TimedOut):
                    await connection.request(TRIM, 0.01)
            with pytest.raises(Unreachable):
                await connection.request(TRIM, LONG)
            assert not connection.is_open
            await connection.close()

    run(play())


def test_a_relay_that_does_not_read_slows_the_sender(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the relay stops reading, requests wait and time out; they do not pile up in memory."""
    monkeypatch.setattr(connection_module, "_GOODBYE_S", 0.01)

    def script(transport: WSTransport, _requests: Requests) -> None:
        transport.underlying_transport.pause_reading()

    async def play() -> int:
        async with websocket_relay(script) as (endpoint, seen):
            connection = await connect(endpoint)
            requests = [asyncio.create_task(connection.request(TRIM, 0.1))]
            await seen.arrived.get()
            for _ in range(MANY):
                requests.append(asyncio.create_task(connection.request(BIG, 0.1)))
                await asyncio.sleep(0)
            results = await asyncio.gather(*requests, return_exceptions=True)
            assert all(isinstance(result, TimedOut) for result in results)
            waiting = connection.waiting
            await connection.close()
            return waiting

    assert run(play()) < MANY


def test_a_silent_relay_is_dropped(run: Run) -> None:
    """A relay that does not even answer pings is given up."""

    async def play() -> PeerError:
        options = NetOptions(idle_s=0.02, pong_s=0.02)
        async with websocket_relay(lambda _t, _r: None, pong=False) as (endpoint, _):
            connection = await connect(endpoint, options)
            with pytest.raises(Unreachable):
                await connection.request(Read(0, bytes(32), bytes(32), 0, wait_s=600), LONG)
            why = await connection.wait_lost()
            await connection.close()
            return why

    assert isinstance(run(play()), Unreachable)


def test_an_idle_relay_that_answers_pings_is_kept(run: Run) -> None:
    """A waiting read outlives many idle times."""

    def script(transport: WSTransport, requests: Requests) -> None:
        number = requests[0][0]
        asyncio.get_running_loop().call_later(0.1, send, transport, answer(number, Frames(b"", 0, ())))

    async def play() -> AnyResponse:
        async with websocket_relay(script) as (endpoint, _):
            connection = await connect(endpoint, NetOptions(idle_s=0.02, pong_s=0.02))
            result = await connection.request(Read(0, bytes(32), bytes(32), 0), LONG)
            await connection.close()
            return result

    assert run(play()) == Frames(b"", 0, ())


def test_closing_twice_is_harmless(run: Run) -> None:
    """Also when the relay does not answer the goodbye."""

    async def play() -> None:
        async with websocket_relay(echo) as (endpoint, _):
            connection = await connect(endpoint)
            for _ in range(2):
                await connection.close()
            with pytest.raises(Unreachable):
                await connection.request(TRIM, LONG)

    run(play())


def test_closing_can_be_cancelled_at_any_moment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the very turn in which the relay says goodbye: whoever cancels is not left with a task that goes on."""

    async def play() -> bool:
        async with websocket_relay(echo) as (endpoint, _):
            connection = await connect(endpoint)
            monkeypatch.setattr(type(connection._listener), "end", lambda _listener, _error: None)
            closing = asyncio.create_task(connection.close())
            for _ in range(3):
                await asyncio.sleep(0)
            connection._listener.gone.set()
            closing.cancel()
            await asyncio.wait([closing])
            return closing.cancelled()

    assert run(play())
