"""What a design costs: bytes, connections, seconds."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.price import REJOINING, delays, price
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Recording, Truth, role_of


def events(*rows: tuple[float, Op, int, int, int]) -> Events:
    """Events of time, kind, place, connection and size."""
    return np.array(
        [(t, op, place, conn, NOBODY, NOBODY, NOBODY, size, role_of(op)) for t, op, place, conn, size in rows], EVENT
    )


def test_a_delay_is_from_append_to_delivery() -> None:
    """For each reader; places do not mix."""
    live = events(
        (10, Op.APPEND, 1, 0, 5), (10.5, Op.DELIVER, 1, 1, 5), (11, Op.DELIVER, 1, 2, 5), (12, Op.APPEND, 2, 0, 5)
    )
    assert sorted(delays(live).tolist()) == [0.5, 1.0]


def test_what_is_handed_out_together_is_counted_backwards() -> None:
    """Three frames in one answer: the last is the newest."""
    appended = [(float(t), Op.APPEND, 1, 0, 5) for t in (10, 20, 40)]
    live = events(*appended, *[(60.0, Op.DELIVER, 1, 1, 5)] * 3)
    assert sorted(delays(live).tolist()) == [20.0, 40.0, 50.0]


def test_whoever_was_away_did_not_wait() -> None:
    """Later than ten minutes is no delay."""
    live = events((10, Op.APPEND, 1, 0, 5), (10 + REJOINING + 1, Op.DELIVER, 1, 1, 5))
    assert len(delays(live)) == 0


def test_prices_are_for_each_account_and_day() -> None:
    """Bytes both ways and connections, over two accounts and two days."""
    live = events(
        (1, Op.OPEN, NOBODY, 0, 0), (2, Op.APPEND, 1, 0, 400), (3, Op.DELIVER, 1, 0, 400), (4, Op.PUT_BLOB, 2, 0, 800)
    )
    nothing: Events = np.empty(0, EVENT)
    recording = Recording("a", live, nothing, nothing, {}, Truth(2, frozenset(), [], {}, (), Owners([0]), {}))
    its = price(recording, 2.0, 7)
    assert (its.bytes, its.connections) == (400.0, 0.25)
    assert its.median == pytest.approx(1.0)
