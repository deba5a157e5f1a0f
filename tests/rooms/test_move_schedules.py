"""Random schedules of moves: whatever dies, whoever is away, all come to one relay and nothing is lost.

A failure prints its seed and what happened; ``MoveSchedule(seed, ...)`` plays it again.
"""

from __future__ import annotations

import random

import pytest

from tests.rooms.audit import audit_rest
from tests.rooms.faults import watched_ratchets
from tests.rooms.move_schedule import MoveSchedule

FIRST = 20_000
QUICK = 12
MANY = 600
CHUNK = 10


def schedule_of(seed: int) -> MoveSchedule:
    """3 to 6 people, 30 to 100 things that happen, 1 or 2 deaths; in every third the relays lie besides."""
    dice = random.Random(seed)
    size, spare, actions, deaths = dice.randint(3, 6), dice.randint(0, 1), dice.randint(30, 100), dice.randint(1, 2)
    return MoveSchedule(seed, size=size, spare=spare, actions=actions, lies=seed % 3 == 0, deaths=deaths)


def play(patch: pytest.MonkeyPatch, seed: int) -> None:
    """Play a seed's schedule and check all that must hold."""
    with watched_ratchets(patch) as reused:
        schedule = schedule_of(seed)
        try:
            schedule.play()
            schedule.check()
            audit_rest(schedule.world, schedule.room)
        except BaseException:
            print(f"seed {seed}", *schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
            raise
    assert [] == reused, f"seed {seed}: a ratchet position was used twice"


@pytest.mark.parametrize("seed", [*range(FIRST, FIRST + QUICK), 20_588])
def test_a_schedule_with_moves_ends_well(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A dozen seeds, always the same."""
    play(monkeypatch, seed)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(FIRST + QUICK, FIRST + QUICK + MANY, CHUNK))
def test_six_hundred_schedules_with_moves_end_well(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """Six hundred more, ten to a test."""
    for seed in range(first, first + CHUNK):
        play(monkeypatch, seed)
