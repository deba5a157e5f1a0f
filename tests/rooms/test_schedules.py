"""Random schedules: everything goes wrong at random moments, then everybody agrees and nothing was lost or doubled.

A failure prints its seed and what happened; ``Schedule(seed, ...)`` plays it again.
"""

from __future__ import annotations

import random

import pytest

from tests.rooms.audit import audit_order, audit_removals, audit_rest
from tests.rooms.faults import watched_ratchets
from tests.rooms.schedule import Schedule

FEW = 16
QUICK = 40
MANY = 1_000
CHUNK = 10


def schedule_of(seed: int) -> Schedule:
    """The schedule of a seed: 3 to 8 people, up to 2 more who may be added, 30 to 120 things that happen."""
    dice = random.Random(seed)
    return Schedule(seed, size=dice.randint(3, 8), spare=dice.randint(0, 2), actions=dice.randint(30, 120))


def play(patch: pytest.MonkeyPatch, seed: int) -> None:
    """Play a seed's schedule and check all that must hold."""
    with watched_ratchets(patch) as reused:
        schedule = schedule_of(seed)
        try:
            schedule.play()
            schedule.check()
            audit(schedule)
        except BaseException:
            print(f"seed {seed}", *schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
            raise
    assert [] == reused, f"seed {seed}: a ratchet position was used twice"


def audit(schedule: Schedule) -> None:
    """What must hold beyond the schedule's own check."""
    inside = [person for person in schedule.everybody if person.phase(schedule.room) == "joined"]
    added = {name for line in schedule.log if " add " in line for name in [line.rsplit(" ", 1)[1]]}
    never_added = {person.account for person in schedule.everybody if person.name not in added}
    audit_rest(schedule.world, schedule.room)
    audit_removals(inside, schedule.room, never_added)


@pytest.mark.parametrize(
    "seed", [*range(FEW), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(FEW, QUICK))]
)
def test_a_schedule_ends_well(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Forty seeds, always the same; sixteen of them in the default suite."""
    play(monkeypatch, seed)


@pytest.mark.parametrize("seed", range(8_000, 8_008))
def test_everybody_sees_one_order(seed: int) -> None:
    """While the relay keeps its boxes, all members see the messages they share in the same order."""
    dice = random.Random(seed)
    schedule = Schedule(seed, size=dice.randint(3, 5), spare=0, actions=dice.randint(30, 70), lies=False)
    schedule.wipes = 3  # the relay has lost its data as often as it may
    schedule.play()
    schedule.check()
    audit_order([person for person in schedule.everybody if person.phase(schedule.room) == "joined"], schedule.room)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(QUICK, QUICK + MANY, CHUNK))
def test_a_thousand_schedules_end_well(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """A thousand more, ten to a test."""
    for seed in range(first, first + CHUNK):
        play(monkeypatch, seed)
