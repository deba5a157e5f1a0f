"""A request with many answers: in their order, until a refusal, and no more than this device takes."""

from __future__ import annotations

import asyncio

import pytest
from picows import WSTransport

from nullabona.client.net import Unreachable, connect
from nullabona.client.net.answers import MOST_WAITING
from nullabona.errors import Malformed
from nullabona.wire.messages import ActivityDigests, AnyResponse, Done, FollowActivity, Refusal
from tests.net.conftest import Run
from tests.net.servers import answer, websocket_relay
from tests.net.test_connection import LONG, TRIM, Requests, send

FOLLOW = FollowActivity(5)


def digests(first: int, size: int = 0) -> ActivityDigests:
    """One digest with so many bytes of tags."""
    return ActivityDigests(first, ((bytes(8), bytes(size)),))


def test_a_question_may_have_many_answers(run: Run) -> None:
    """In their order, beside answers to other requests; what came before the end is told before the end."""

    def script(transport: WSTransport, requests: Requests) -> None:
        for number, request in requests:
            if isinstance(request, FollowActivity):
                send(transport, *[answer(number, digests(count)) for count in range(3)])
            else:
                send(transport, answer(number, Done()))

    async def play() -> tuple[list[AnyResponse], AnyResponse]:
        async with websocket_relay(script) as (endpoint, seen):
            connection = await connect(endpoint)
            answers = connection.follow(FOLLOW)
            trimmed = await connection.request(TRIM, LONG)
            seen.transports[0].disconnect(graceful=False)
            await connection.wait_lost()
            came = [await answers.take() for _ in range(3)]
            with pytest.raises(Unreachable):
                await answers.take()
            return came, trimmed

    assert ([digests(count) for count in range(3)], Done()) == run(play())


def test_after_a_refusal_nothing_more_is_an_answer(run: Run) -> None:
    """And nothing but activity is an answer to begin with."""

    def script(transport: WSTransport, requests: Requests) -> None:
        [(number, _)] = requests
        send(transport, answer(number, Refusal("unsupported")) + answer(number, digests(1)))

    async def play() -> AnyResponse:
        async with websocket_relay(script) as (endpoint, _):
            connection = await connect(endpoint)
            answers = connection.follow(FOLLOW)
            refused = await answers.take()
            assert isinstance(await connection.wait_lost(), Malformed)
            return refused

    assert Refusal("unsupported") == run(play())


def test_answers_that_nobody_takes_are_left_to_the_relay(run: Run) -> None:
    """A relay that tells without end does not fill this device: reading stops, and goes on when they are taken."""
    size, count = 60_000, 400

    async def play() -> tuple[int, int]:
        numbers: list[int] = []

        def script(transport: WSTransport, requests: Requests) -> None:
            [(number, _)] = requests
            numbers.append(number)
            for each in range(count):
                send(transport, answer(number, digests(each, size)))

        async with websocket_relay(script) as (endpoint, seen):
            connection = await connect(endpoint)
            answers = connection.follow(FOLLOW)
            await seen.arrived.get()
            relay, left = seen.transports[0].underlying_transport, 0
            while relay.get_write_buffer_size() != left:  # until the systems between them take no more
                left = relay.get_write_buffer_size()
                await asyncio.sleep(0.1)
            held = answers.waiting
            for each in range(count):
                assert digests(each, size) == await answers.take()
            await connection.close()
            return held, left

    held, left = run(play())
    assert MOST_WAITING <= held < 2 * MOST_WAITING
    assert size * count // 2 < left
