"""What the wire's account excuses and what it does not: a wipe excuses what it took, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.soak.receipts import Receipt, Receipts, Wipes

HERE, NOWHERE, ELSEWHERE = b"incarn-1", b"", b"incarn-2"


class Kept:
    """One box's receipts, with the wipes and the counts that they know."""

    def __init__(self) -> None:
        self.wipes, self.counts = Wipes(), Counter[str]()
        self.receipts = Receipts(self.wipes, self.counts)

    def acknowledge(self, number: int, incarnation: bytes = HERE) -> None:
        self.receipts.acknowledge(number, Receipt(incarnation, number, self.wipes.over))

    def wipe(self) -> None:
        self.wipes.begun += 1
        self.wipes.over += 1


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_what_is_read_is_delivered_once(kept: Kept) -> None:
    """Also what is read before it is acknowledged, or never is; a second time is told apart."""
    assert kept.receipts.take(1)
    kept.acknowledge(1)
    kept.acknowledge(2)
    assert 1 == len(kept.receipts)
    assert [True, True, False] == [kept.receipts.take(number) for number in (2, 3, 2)]
    kept.receipts.close()
    assert {"acked": 2, "delivered": 3, "twice": 1} == kept.counts


@pytest.mark.parametrize("shown", [NOWHERE, ELSEWHERE])
def test_a_box_lost_without_a_wipe_is_missing(kept: Kept, shown: bytes) -> None:
    """It was there and is none, or another one: kill -9 or expiry took what was acknowledged."""
    kept.acknowledge(1)
    kept.receipts.judge(1, shown, 0)
    assert {"acked": 1, "missing": 1} == kept.counts


@pytest.mark.parametrize("shown", [NOWHERE, ELSEWHERE])
def test_a_wipe_between_excuses(kept: Kept, shown: bytes) -> None:
    """It began after the acknowledgement and before the read that missed the frame."""
    kept.acknowledge(1)
    kept.wipe()
    kept.receipts.judge(1, shown, 0)
    assert {"acked": 1, "wiped": 1} == kept.counts


def test_a_wipe_before_excuses_nothing(kept: Kept) -> None:
    """What the relay acknowledged after a wipe it must have, however often it was wiped before."""
    kept.wipe()
    kept.acknowledge(1, ELSEWHERE)
    kept.receipts.judge(1, NOWHERE, 0)
    assert {"acked": 1, "missing": 1} == kept.counts


def test_a_wipe_afterwards_excuses_nothing(kept: Kept) -> None:
    """The frame had been missed already."""
    kept.acknowledge(1)
    kept.receipts.judge(1, NOWHERE, 0)
    kept.wipe()
    kept.receipts.close()
    assert {"acked": 1, "missing": 1} == kept.counts


def test_a_wipe_under_way_excuses(kept: Kept) -> None:
    """What is sent while the data is being deleted may go with it; what is sent once that is over may not."""
    kept.wipes.begun += 1
    kept.acknowledge(1)
    kept.wipes.over += 1
    kept.acknowledge(2, ELSEWHERE)
    kept.receipts.judge(2, NOWHERE, 0)
    assert {"acked": 2, "wiped": 1, "missing": 1} == kept.counts


def test_a_gap_is_missing(kept: Kept) -> None:
    """A read that goes beyond a frame without showing it has missed it; one that has not got so far has not."""
    for number in (1, 2, 3):
        kept.acknowledge(number)
    kept.receipts.take(2)
    kept.receipts.judge(3, HERE, 2)
    assert {"acked": 3, "delivered": 1, "missing": 1} == kept.counts
    assert 1 == len(kept.receipts)


def test_a_read_that_was_asked_for_before_misses_nothing(kept: Kept) -> None:
    """It may have been answered before the frame was there."""
    kept.acknowledge(1)
    kept.receipts.judge(0, NOWHERE, 0)
    assert {"acked": 1} == kept.counts
    kept.receipts.judge(kept.receipts.newest, NOWHERE, 0)
    assert {"acked": 1, "missing": 1} == kept.counts


def test_what_is_left_at_the_end_is_missing(kept: Kept) -> None:
    """Unless there was a wipe since."""
    kept.acknowledge(1)
    kept.wipe()
    kept.acknowledge(2)
    kept.receipts.close()
    assert {"acked": 2, "wiped": 1, "missing": 1} == kept.counts
