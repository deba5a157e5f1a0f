"""No claim by anybody at any moment causes more than spec/room.md §15 says: the real core, every sender and moment."""

from __future__ import annotations

import pytest

from tests.rooms.claim_matrix import SENDERS, Cell, Moment

CELLS = [(sender, moment) for sender in SENDERS for moment in Moment]
QUICK = {(sender, list(Moment)[at % len(Moment)]) for at, sender in enumerate(SENDERS)}
"""One moment of each sender; the others take minutes."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("sender", "moment"),
    [pytest.param(*cell, marks=() if cell in QUICK else pytest.mark.slow) for cell in CELLS],
)
def test_no_claim_takes_anything(sender: str, moment: Moment) -> None:
    """No key is given up, no role changed, no room or message lost, none shown twice, and work is bounded."""
    cell = Cell(sender, moment)
    try:
        cell.play()
    except BaseException:
        print(*cell.schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
        raise
