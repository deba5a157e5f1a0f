"""The ledger: every request gets one answer or one error, never both, and strangers' answers are noticed."""

from __future__ import annotations

import asyncio

import pytest

from nullabona.client.net.errors import TooManyRequests, Unreachable
from nullabona.client.net.ledger import Ledger
from nullabona.errors import Malformed
from nullabona.wire.messages import AnyResponse, Done, GetBlob, LookupCard, Refusal, Trim, encode

DONE = encode(Done())


def test_ids_are_not_used_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are drawn; an open one is drawn again, one that was answered may come back; 0 is as good as any."""
    drawn = iter(map(bytes, ([0] * 4, [0] * 4, [255] * 4, [0] * 4)))
    monkeypatch.setattr("nullabona.client.net.ledger.os.urandom", lambda _: next(drawn))

    async def play() -> list[int]:
        loop = asyncio.get_running_loop()
        ledger = Ledger(10)
        first, second = (ledger.enter(Trim, loop.create_future()) for _ in range(2))
        ledger.settle(first, DONE)
        return [first, second, ledger.enter(Trim, loop.create_future())]

    assert asyncio.run(play()) == [0, 2**32 - 1, 0]


def test_an_answer_goes_to_its_request_once() -> None:
    """A second answer, an answer to nothing, and an answer of another kind are malformed."""

    async def play() -> AnyResponse:
        loop = asyncio.get_running_loop()
        ledger = Ledger(10)
        first: asyncio.Future[AnyResponse] = loop.create_future()
        second: asyncio.Future[AnyResponse] = loop.create_future()
        trim, lookup = ledger.enter(Trim, first), ledger.enter(LookupCard, second)
        ledger.settle(trim, DONE)
        other = next(id for id in range(3) if id not in {trim, lookup})
        for request_id, body in ((trim, DONE), (other, DONE), (lookup, DONE), (lookup, b"\x00")):
            with pytest.raises(Malformed):
                ledger.settle(request_id, body)
        ledger.settle(lookup, encode(Refusal("not-found")))
        assert await second == Refusal("not-found")
        return await first

    assert asyncio.run(play()) == Done()


def test_a_failure_reaches_everybody_who_still_waits() -> None:
    """Each waiter gets its own copy of the error; whoever gave up or was answered is left alone."""

    async def play() -> list[object]:
        loop = asyncio.get_running_loop()
        ledger = Ledger(3)
        answers: list[asyncio.Future[AnyResponse]] = [loop.create_future() for _ in range(3)]
        for waiting in answers:
            ledger.enter(GetBlob, waiting)
        with pytest.raises(TooManyRequests):
            ledger.enter(GetBlob, loop.create_future())
        answers[0].cancel()
        ledger.fail(Unreachable("gone"))
        assert len(ledger) == 0
        assert answers[0].cancelled()
        return await asyncio.gather(*answers[1:], return_exceptions=True)

    one, other = asyncio.run(play())
    assert isinstance(one, Unreachable)
    assert isinstance(other, Unreachable)
    assert one is not other
