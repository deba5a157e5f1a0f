"""What strangers can use up of what a relay gives, and what is left for whoever wants little."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256

import pytest

from nullabona.relay.blobs import SMALL_BYTES
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.pool import SHARE, Pool
from nullabona.wire.messages import MAX_WAKE_TOKENS, Done, PutBlob, Refusal
from tests.relay.peers import Box, RunningRelay

MIB = 2**20


def test_a_pool_gives_what_it_has_and_fills_again() -> None:
    """To the last unit, then it says how long until there is enough; never more than it holds."""
    pool = Pool(10, 2)
    assert [0, 1, 0] == [pool.take(size, 0, 0) for size in (9, 2, 1)]
    assert [3, 0, 1] == [pool.take(6, 0, 0), pool.take(6, 0, 3), pool.take(1, 0, 3)]
    assert [0, 1] == [pool.take(10, 0, 10**6), pool.take(1, 0, 10**6)]


def test_a_clock_that_goes_back_fills_nothing() -> None:
    """Nor does it empty it."""
    pool = Pool(10, 1)
    assert [0, 1, 0] == [pool.take(10, 0, 100), pool.take(1, 0, 50), pool.take(1, 0, 51)]


def test_who_took_much_waits_while_little_is_left() -> None:
    """Down to half of it anybody takes what they want; then a thirty-second of the rest, or one first request."""
    pool = Pool(2 * SHARE, 1)
    assert 0 == pool.take(SHARE, SHARE, 0)
    assert [60, 0] == [pool.take(1, 1, 0), pool.take(2, 0, 0)]
    pool = Pool(200 * SHARE, 1)
    assert 0 == pool.take(100 * SHARE, 0, 0)
    assert [60, 0] == [pool.take(1, 100, 0), pool.take(1, 99, 0)]


def test_fifty_who_take_all_they_can_leave_enough_for_another() -> None:
    """Hour after hour, each as often as they are given something; at no time is a first request refused."""
    pool = Pool(10_000 * MIB, 0.5 * MIB)
    for hour in range(24):
        own = [0] * 50
        given = True
        while given:
            given = False
            for at in range(50):
                if not pool.take(MIB, own[at], 3_600 * hour):
                    own[at], given = own[at] + MIB, True
        assert 0 == pool.take(MIB, 0, 3_600 * hour)


def put(size: int) -> PutBlob:
    data = os.urandom(size)
    return PutBlob(sha256(data).digest(), data)


def test_one_connection_does_not_use_up_everybodys_blobs(run: Callable[..., RunningRelay]) -> None:
    """It puts all that it is given; another puts a large blob all the same, and small ones."""
    relay = run(limits=Limits(blob_bytes_per_day=64 * MIB))
    stranger, other = relay.client(), relay.client()
    taken = 0
    while isinstance(stranger.ask(put(MIB)), Done):
        taken += 1
    assert 4 < taken < 14
    assert Done() == other.ask(put(MIB))
    assert Refusal("slow-down", 60) == stranger.ask(put(MIB))


def test_small_blobs_have_a_part_of_their_own(run: Callable[..., RunningRelay]) -> None:
    """When many strangers have taken everything else, who has put nothing yet puts a small one, up to its largest size;
    of one byte more it is a large one.
    """
    relay = run(limits=Limits(blob_bytes_per_day=64 * MIB))
    while isinstance(relay.client().ask(put(MIB)), Done):
        pass
    client = relay.client()
    refused = client.ask(put(SMALL_BYTES + 1))
    assert isinstance(refused, Refusal)
    assert "slow-down" == refused.code
    assert refused.retry_after_s < 3_600
    assert Done() == client.ask(put(SMALL_BYTES))
    assert Done() == relay.client().ask(put(14))


def test_large_blobs_do_not_fill_the_day(run: Callable[..., RunningRelay]) -> None:
    """An eighth of it is for small ones, also when the day is nearly over."""
    relay = run(limits=Limits(blob_bytes_per_day=8 * MIB))
    for _ in range(7):
        assert Done() == relay.client().ask(put(MIB))
        relay.tick(seconds=20_000)
    assert Refusal("day-quota", 3_600) == relay.client().ask(put(SMALL_BYTES + 1))
    for _ in range(4):
        assert Done() == relay.client().ask(put(SMALL_BYTES))
    assert Refusal("day-quota", 3_600) == relay.client().ask(put(1))


@pytest.mark.parametrize(("count", "refused"), [(MAX_WAKE_TOKENS, True), (64, False)])
def test_wakes_are_bounded_for_all(run: Callable[..., RunningRelay], count: int, *, refused: bool) -> None:
    """A connection that wakes thousands at once shares with all that do; one that wakes few is always served."""
    relay = run(limits=Limits(wakes_total_per_minute=2 * MAX_WAKE_TOKENS))
    box = Box()
    for _ in range(2):
        relay.client().ask(box.append(b"x", (os.urandom(32), MAX_WAKE_TOKENS)))
    answer = relay.client().ask(box.append(b"x", (os.urandom(32), count)))
    assert refused == isinstance(answer, Refusal)
