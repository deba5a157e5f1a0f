"""What look-ups tell without addresses: who asked whom to talk, and what is left out of that."""

from __future__ import annotations

import pytest

from bench.leakage import ours
from bench.leakage.attackers.asked import by_look_ups
from bench.leakage.device import Believing
from bench.leakage.society import Society
from bench.leakage.tournament import Trial
from bench.leakage.trace import Op
from bench.leakage.views import View
from tests.leakage.scenes import Row, row, seen

MINA, JUN, SORA = 0, 1, 2
INBOX = {100 + person: person for person in (MINA, JUN, SORA)}
REQUEST, SMALL = 9_000, 500
ANYBODY = [row(1.0, Op.APPEND, 100, conn=90, size=REQUEST)]
"""Somebody asked once: how large a request is shows by that."""


def came(t: float, person: int, size: int = REQUEST) -> list[Row]:
    """Something is put into an inbox, and its device gets it at once."""
    return [
        row(t, Op.APPEND, 100 + person, conn=50, size=size), row(t, Op.DELIVER, 100 + person, conn=person, size=size)
    ]  # fmt: skip


def pairs(*rows: Row) -> dict[tuple[int, int], float]:
    found = by_look_ups(seen([*ANYBODY, *rows], View.DIRECTORY, INBOX))
    return {
        (low, high): score
        for low, high, score in zip(found.left.tolist(), found.right.tolist(), found.score.tolist(), strict=True)
    }


def test_who_is_asked_looks_up_who_asks() -> None:
    """Of two to whom a request came just before, each is meant in part."""
    asked = row(1_020.0, Op.LOOKUP, MINA, conn=60)
    assert pairs(*came(1_000.0, JUN), asked) == {(MINA, JUN): 1.0}
    assert pairs(*came(1_000.0, JUN), *came(1_001.0, SORA), asked) == {(MINA, JUN): 0.5, (MINA, SORA): 0.5}


@pytest.mark.parametrize(
    "rows",
    [
        (*came(1_000.0, JUN), row(1_100.0, Op.LOOKUP, MINA, conn=60)),
        (*came(1_000.0, JUN), row(1_001.0, Op.LOOKUP, MINA, conn=60)),
        (*came(1_000.0, JUN, SMALL), row(1_020.0, Op.LOOKUP, MINA, conn=60)),
        (*came(1_000.0, JUN), row(1_020.0, Op.LOOKUP, JUN, conn=60)),
        (*came(1_000.0, JUN), row(1_020.0, Op.LOOKUP, MINA, conn=60), *came(1_021.0, MINA, SMALL)),
        (*came(1_000.0, JUN), row(1_018.0, Op.READ, 100 + MINA, conn=MINA), row(1_020.0, Op.LOOKUP, MINA, conn=60)),
        (*came(1_000.0, JUN), row(1_020.0, Op.LOOKUP, MINA, conn=60, who=SORA)),
    ],
    ids=["too late", "too soon", "no request", "the owner", "to be written to", "their own", "logged in"],
)
def test_what_is_no_answer_to_a_request_says_nothing(rows: tuple[Row, ...]) -> None:
    assert pairs(*rows) == {}


def test_no_address_is_used() -> None:
    """The same with other addresses."""
    rows = [*came(1_000.0, JUN), row(1_020.0, Op.LOOKUP, MINA, conn=60)]
    elsewhere = [(*each[:4], 7 + at, *each[5:]) for at, each in enumerate(rows)]
    assert pairs(*rows) == pairs(*elsewhere) == {(MINA, JUN): 1.0}


def test_of_ours_it_finds_nobody(friends: Society) -> None:
    """With the real client: requests bring proofs (0063), and nobody looks up who asked."""
    with ours.lived(friends) as (_, recording):
        found = Trial(recording, friends).asked()
    assert found.guessed == 0
    assert found.precision == found.base


def test_of_ours_it_found_friends_before(friends: Society, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no proof comes along: what the directory is asked gives friends away."""
    monkeypatch.setattr(Believing, "_by_proof", _nothing)
    with ours.lived(friends) as (_, recording):
        found = Trial(recording, friends).asked()
    assert found.precision > found.base


async def _nothing(_: Believing, handle: str) -> bool:
    return False
