"""The receipts of clients that send few, without a core: who sends one when (`bench.leakage.cells.acknowledging`)."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import Final

import numpy as np
import pytest

from bench.leakage.cells.acknowledging import PAUSE, REPLY, SOON, UNREAD, told
from bench.leakage.cells.client import ask
from bench.leakage.cells.fan import Acts, Seats
from bench.leakage.cells.habits import LETTERS, SLIM
from bench.leakage.cells.talking import Crowd, Town, make
from bench.leakage.trace import Op
from nullabona.client.core.step import Timing

CROWD: Final = Crowd(12, 3, 20.0)


@pytest.fixture(scope="module")
def town() -> Town:
    return make(1, CROWD)


def test_the_times_are_those_of_the_client() -> None:
    times = Timing()
    assert (times.receipt, times.receipt_unread, times.reply, times.pause) == tuple(
        round(1_000 * each) for each in (SOON, UNREAD, REPLY, PAUSE)
    )


def test_few_receipts_are_less_than_half_of_prompt_ones(town: Town) -> None:
    """In pairs half a receipt for each message is left."""
    prompt, slim = (int((ask(town, habits=each).requests.op == Op.APPEND).sum()) for each in (LETTERS, SLIM))
    said = len(town.said.t)
    assert 0.1 < (slim - said) / (prompt - said) < 0.5


def acts(*rows: tuple[float, int]) -> Acts:
    """Of the first room, at these times by these devices."""
    return Acts(np.array([t for t, _ in rows]), np.zeros(len(rows), np.int64), np.array([d for _, d in rows], np.int64))


def sent(town: Town, came: Acts, looks: Acts, said: Acts, seed: int = 1) -> list[float]:
    """When the first device of the first room sends a receipt; it is there all the time."""
    seats = Seats.of(town.rooms.members, town.online)
    always = replace(town.online, begin=np.zeros_like(town.online.begin), end=np.full_like(town.online.end, 1e8))
    return sorted(told(np.random.default_rng(seed), always, seats, came, looks, said).t.tolist())


def test_what_came_is_acknowledged_once_and_some_time(town: Town) -> None:
    """One receipt for all of it."""
    times = [sent(town, acts((10.0, 0), (11.0, 0), (12.0, 0)), acts(), acts(), seed) for seed in range(50)]
    assert {1} == {len(each) for each in times}
    assert UNREAD / 2 < fmean(each[0] for each in times) - 10.0 < UNREAD * 2


def test_what_the_device_says_before_is_its_receipt(town: Town) -> None:
    assert [] == sent(town, acts((10.0, 0)), acts(), acts((10.1, 0)))


@pytest.mark.parametrize(("spoke", "least", "most"), [(9.0, REPLY, 2 * REPLY), (11.0 - PAUSE, 0.0, SOON)])
def test_what_was_read_waits_while_people_talk(town: Town, spoke: float, least: float, most: float) -> None:
    [t] = sent(town, acts((10.0, 0)), acts((12.0, 0)), acts((spoke, 0)))
    assert least <= t - 12.0 <= most
