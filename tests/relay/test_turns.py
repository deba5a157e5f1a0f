"""Whoever asks much does not keep the loop from others, and gets their answers all the same."""

from __future__ import annotations

import asyncio
import os

from nullabona.relay.turns import LARGE, TURN, Turns, cost
from nullabona.wire.messages import Appended, Frames, encode
from nullabona.wire.records import MAX_RECORDS, encode_record
from tests.relay.peers import BINARY, Box, Client, RunningRelay


def test_what_waits_goes_on_in_the_next_turn() -> None:
    """Not in this one, and once."""

    async def play() -> list[int]:
        turns, went = Turns(), list[int]()
        turns.wait(lambda: went.append(turns.number))
        assert [] == went
        for _ in range(3):
            await asyncio.sleep(0)
        turns.used()
        await asyncio.sleep(0)
        return [*went, turns.number]

    assert [1, 2] == asyncio.run(play())


def test_large_requests_take_more_of_a_turn() -> None:
    """A blob as much as all there is."""
    assert [1, 1, 2, 65] == [cost(size) for size in (0, LARGE - 1, LARGE, 64 * LARGE)]


def test_all_that_one_message_asks_is_answered(relay: RunningRelay, client: Client) -> None:
    """Many turns' worth, in order: nothing is lost, and nothing comes twice."""
    box = Box()
    numbers = client.start(*[box.append(str(at).encode()) for at in range(5 * TURN + 1)])
    answers = [client.result(number) for number in numbers]
    assert list(range(1, 5 * TURN + 2)) == [answer.seq for answer in answers if isinstance(answer, Appended)]
    found = relay.client().ask(box.read(limit=1_000))
    assert isinstance(found, Frames)
    assert [str(at).encode() for at in range(5 * TURN + 1)] == [frame for _, frame in found.frames]


def test_messages_behind_one_another_keep_their_order(relay: RunningRelay, client: Client) -> None:
    """Also those that were in the buffer already when the connection had to wait."""
    box = Box()
    numbers = [number for _ in range(6) for number in client.start(*[box.append(b"x") for _ in range(50)])]
    answers = [client.result(number) for number in numbers]
    assert list(range(1, 301)) == [answer.seq for answer in answers if isinstance(answer, Appended)]
    assert relay.relay.arriving.total >= 0


def test_somebody_else_is_answered_before_a_flood_is_over(relay: RunningRelay) -> None:
    """Twenty thousand requests at once, then one over another connection, which is not answered last."""
    stranger, honest = relay.client(), relay.client()
    boxes = [Box() for _ in range(20)]
    flood = [encode(boxes[at % 20].read()) for at in range(20_000)]
    answered: list[int] = []
    relay.call(lambda: answered.append(relay.relay.metrics.requests["read"]))
    for start in range(0, len(flood), 5_000):
        stranger.send_frame(BINARY, b"".join(encode_record(at, flood[at]) for at in range(start, start + 5_000)))
    while relay.relay.metrics.requests["read"] == answered[0]:
        pass
    honest.append(Box(), os.urandom(10))
    assert relay.relay.metrics.requests["read"] - answered[0] < 15_000


def test_who_leaves_with_requests_waiting_is_forgotten(relay: RunningRelay) -> None:
    """Nothing of theirs is done any more, and others go on."""
    stranger = relay.client()
    body = encode(Box().read())
    stranger.send_frame(BINARY, b"".join(encode_record(at, body) for at in range(8_192)))
    stranger.close()
    client, box = relay.client(), Box()
    client.append(box, b"frame")
    while len(relay.relay._sockets) > 1:
        pass
    assert ((1, b"frame"),) == client.read(box).frames


def test_a_message_of_too_many_records_ends_the_connection(relay: RunningRelay) -> None:
    """So many are taken, one more is not."""
    record = encode_record(1, encode(Box().read()))
    client = relay.client()
    client.send_frame(BINARY, record * MAX_RECORDS)
    client.take_message()
    other = relay.client()
    other.send_frame(BINARY, record * (MAX_RECORDS + 1))
    assert 1002 == other.goodbye().code
