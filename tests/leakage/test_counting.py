"""What clients ask for is counted from what passes, and so is how soon things are read."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.cells.counting import SOON, counted, until_read
from bench.leakage.cells.habits import BEFORE_0061, WAKES
from bench.leakage.cells.simulate import record
from bench.leakage.cells.talking import Crowd, make
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Recording, Truth
from tests.leakage.scenes import row

MINA = 0
INBOX, BOX = 100, 200


def events(*rows: tuple[float, Op, int]) -> Events:
    return np.array([row(t, op, place) for t, op, place in sorted(rows)], EVENT)


def test_requests_are_counted_by_account_and_day() -> None:
    """Rooms' boxes and inboxes apart, as public cards name these."""
    live = events(
        (1.0, Op.APPEND, BOX), (2.0, Op.READ, BOX), (2.5, Op.READ, BOX), (3.0, Op.APPEND, INBOX), (5.0, Op.READ, INBOX),
        (6.0, Op.LOOKUP, MINA), (7.0, Op.OPEN, NOBODY),
    )  # fmt: skip
    truth = Truth(2, frozenset(), [], {}, (), Owners([]), {})
    found = counted(Recording("ours", live, live[:0], live[:0], {INBOX: MINA}, truth), 2)
    kinds = {name: count * 4 for name, count in found.items() if not name.startswith("seconds")}
    assert kinds == {
        "frames written": 1, "reads of rooms": 2, "letters": 1, "reads of inboxes": 1, "look-ups": 1,
    }  # fmt: skip
    assert (found["seconds until a frame is read"], found["seconds until a letter is read"]) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("rows", "median"),
    [
        (((1.0, Op.APPEND, BOX), (2.0, Op.READ, INBOX)), 0.0),
        (((1.0, Op.APPEND, BOX), (2.0 + SOON, Op.READ, BOX)), 0.0),
        (((1.0, Op.APPEND, BOX), (2.0, Op.READ, BOX), (2.5, Op.DELIVER, BOX)), 1.5),
        (((1.0, Op.APPEND, BOX), (4.0, Op.READ, BOX), (5.0, Op.APPEND, BOX), (6.0, Op.READ, BOX)), 2.0),
    ],
    ids=["another box", "somebody was away", "what is handed out counts", "each by itself"],
)
def test_how_soon_things_are_read(rows: tuple[tuple[float, Op, int], ...], median: float) -> None:
    assert until_read(events(*rows)) == median


def test_where_nothing_waits_letters_come_a_moment_later() -> None:
    """A digest tells of them, and a read follows; texts are as soon as before."""
    town = make(3, Crowd(20, 2, 20.0))
    before, after = (counted(record(town, habits=each), 2) for each in (BEFORE_0061, WAKES))
    letter, text = "seconds until a letter is read", "seconds until a frame is read"
    assert before[letter] < 0.5 < after[letter] < 5.0
    assert before[text] == pytest.approx(after[text], rel=0.1)
