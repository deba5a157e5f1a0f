"""A link finds its way back: no answer lost or doubled, no hammering, no repeating by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from picows import WSMsgType, WSTransport

from nullabona.client.net import Carrier, Link, Policy, TimedOut, Unreachable, World, connect
from nullabona.wire.messages import AnyRequest, AnyResponse, Blob, Done, GetBlob, Trim
from tests.net.conftest import Run
from tests.net.servers import answer, websocket_relay

TRIM = Trim(0, bytes(32), bytes(32), 1)
FLAPS = 1_000


class FakeWorld:
    """Time that passes only by pausing."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def world(self) -> World:
        return World(seconds=lambda: self.now, rng=lambda: 0.0, pause=self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class FakeCarrier:
    """Answers a few requests, then is lost."""

    def __init__(self, answers: int) -> None:
        self.left = answers
        self.is_open = True

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        if self.left == 0:
            self.is_open = False
            raise Unreachable("lost")
        self.left -= 1
        return Done()

    async def close(self) -> None:
        self.is_open = False


@pytest.mark.slow
def test_a_thousand_flaps_lose_and_double_nothing(run: Run) -> None:
    """The relay hangs up a thousand times, before or after it answered: each request ends with its own one answer."""
    drops = 0

    def script(transport: WSTransport, requests: list[tuple[int, AnyRequest]]) -> None:
        nonlocal drops
        number, request = requests[0]
        assert isinstance(request, GetBlob)
        data = answer(number, Blob(request.digest))
        if drops < FLAPS and drops % 3 != 0:
            transport.send(WSMsgType.BINARY, data)
        if drops < FLAPS:
            drops += 1
            transport.disconnect(graceful=drops % 2 == 0)
        else:
            transport.send(WSMsgType.BINARY, data)

    async def play() -> list[AnyResponse]:
        async with websocket_relay(script) as (endpoint, seen):
            link = Link(lambda: connect(endpoint), world=FakeWorld().world(), policy=Policy(first_s=0.1, most_s=0.1))
            answers = [await until_answered(link, GetBlob(number.to_bytes(32, "big"))) for number in range(FLAPS)]
            assert seen.connections > FLAPS
            await link.close()
            return answers

    assert run(play()) == [Blob(number.to_bytes(32, "big")) for number in range(FLAPS)]
    assert drops == FLAPS


async def until_answered(link: Link, request: AnyRequest) -> AnyResponse:
    while True:
        try:
            return await link.request(request, 30.0)
        except Unreachable:
            continue


def test_a_lost_request_is_not_repeated_by_itself() -> None:
    """Whoever asked learns that the answer is lost; only then, and only if asked, is there a new connection."""
    opened: list[FakeCarrier] = []

    async def open_carrier() -> Carrier:
        opened.append(FakeCarrier(1))
        return opened[-1]

    async def play() -> Sequence[object]:
        link = Link(open_carrier, world=FakeWorld().world())
        results = [await link.request(TRIM, 9.0)]
        with pytest.raises(Unreachable):
            await link.request(TRIM, 9.0)
        assert len(opened) == 1
        results.append(await link.request(TRIM, 9.0))
        await link.close()
        with pytest.raises(Unreachable):
            await link.request(TRIM, 9.0)
        return [*results, len(opened), link.is_open, opened[-1].is_open]

    assert asyncio.run(play()) == [Done(), Done(), 2, False, False]


def test_a_relay_that_is_down_is_tried_ever_more_rarely() -> None:
    """Each failed attempt makes the next pause longer, up to the longest."""
    fake = FakeWorld()

    async def fail() -> Carrier:
        raise Unreachable("down")

    async def play() -> None:
        link = Link(fail, policy=Policy(first_s=1.0, most_s=4.0), world=fake.world())
        for _ in range(5):
            with pytest.raises(Unreachable):
                await link.request(TRIM, 60.0)
        await link.close()

    asyncio.run(play())
    assert fake.pauses == [0.5, 1.0, 2.0, 2.0]


def test_many_requests_share_one_attempt() -> None:
    """Requests that find no connection wait for the same new one."""
    opened: list[FakeCarrier] = []

    async def open_carrier() -> Carrier:
        await asyncio.sleep(0)
        opened.append(FakeCarrier(99))
        return opened[-1]

    async def play() -> list[AnyResponse]:
        link = Link(open_carrier)
        answers = await asyncio.gather(*(link.request(TRIM, 9.0) for _ in range(20)))
        await link.close()
        return answers

    assert asyncio.run(play()) == [Done()] * 20
    assert len(opened) == 1


def test_waiting_for_a_connection_has_an_end() -> None:
    """A relay that does not answer the knock costs no more than the time given."""

    async def never() -> Carrier:
        await asyncio.Event().wait()
        raise AssertionError

    async def play() -> None:
        link = Link(never)
        with pytest.raises(TimedOut):
            await link.request(TRIM, 0.01)
        await link.close()

    asyncio.run(play())
