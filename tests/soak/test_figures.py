"""The soak's verdicts on memory and latency: they bite, and they do not cry wolf."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest

from bench.soak.figures import Sample, drift, growth, percentile
from bench.soak.plan import CLIENT_DEEDS, DEEDS, Plan, Shape

HOUR_S = 3_600


def life(began: float, seconds: int, level: float, mib_per_hour: float, seed: int = 1) -> list[Sample]:
    """Memory that rises by 20 MiB within a minute, then grows steadily, with some noise."""
    dice = random.Random(seed)
    return [
        (began + at, level - 20 * math.exp(-at / 20) + mib_per_hour * at / HOUR_S + dice.uniform(-0.5, 0.5))
        for at in range(seconds)
    ]


@pytest.mark.parametrize("mib_per_hour", [0.0, 30.0, 200.0])
def test_growth_is_found(mib_per_hour: float) -> None:
    """Whatever the level of each life, and without what they take at their beginning."""
    found = growth([life(0, 300, 90, mib_per_hour), life(400, 500, 120, mib_per_hour, 2)], warm_up_s=120)
    assert found is not None
    assert mib_per_hour == pytest.approx(found.mib_per_hour, abs=10)
    assert 562 > found.over_s > 540
    assert (mib_per_hour < 60) is found.is_flat(60)


def test_a_single_step_is_no_slope() -> None:
    """A table that doubles once in five minutes is not a leak that can be told from noise."""
    stepped = [(at, level + (3 if at > 200 else 0)) for at, level in life(0, 300, 90, 0)]
    found = growth([stepped], warm_up_s=120)
    assert found is not None
    assert found.off_by > 10


def test_lives_that_are_too_short_say_nothing() -> None:
    """Nobody claims anything of a process that was killed while it warmed up."""
    assert growth([life(0, 60, 90, 500), []], warm_up_s=120) is None


def test_the_last_third_is_compared_with_the_first() -> None:
    """Of what began in calm times only."""
    delays = [(float(at), 0.010 + 0.00001 * at) for at in range(3_000)] + [(1_500.0, 60.0)]
    calm = [(0.0, 1_400.0), (1_600.0, 3_000.0)]
    found = drift(delays, calm, 99)
    assert found is not None
    assert (20, 40) == (round(found.first_ms), round(found.last_ms))
    assert found.is_flat(2.1, 1.0)
    assert not found.is_flat(1.5, 1.0)
    assert found.is_flat(1.5, 30.0)
    assert drift(delays, [], 50) is None


def test_a_busier_machine_excuses_as_much() -> None:
    """A last third that takes four times as long on a machine that is three times as busy is no drift; alone it is."""
    delays = [(float(at), 0.1 if at < 200 else 0.4) for at in range(300)]
    stretches = [(float(at), 1.5 if at < 200 else 4.5) for at in range(300)]
    alone, busy = drift(delays, [(0.0, 300.0)], 50), drift(delays, [(0.0, 300.0)], 50, stretches)
    assert alone is not None
    assert busy is not None
    assert (1.0, False) == (alone.busier, alone.is_flat(2.0, 1.0))
    assert busy.is_flat(2.0, 1.0)
    assert busy.busier == pytest.approx(3.0, abs=0.1)


def test_percentiles_are_of_what_is_there() -> None:
    """The median, the largest, and of a single value that one."""
    assert (51, 100, 7) == (percentile(range(1, 101), 50), percentile(range(1, 101), 99), percentile([7], 99))


def hours(steps: int) -> Iterator[float]:
    return (step / steps for step in range(steps + 1))


def test_a_seed_decides_everything() -> None:
    """Rooms, deeds and people are the same again with the same seed, and others with another."""

    def decided(seed: int) -> list[object]:
        plan = Plan(Shape(seed=seed))
        return [plan.rooms(), list(plan.deeds(hours(40))), plan.guests(), plan.owner()]

    assert decided(7) == decided(7)
    assert decided(7) != decided(8)


def test_every_deed_comes_and_the_relay_is_left_alone_in_between() -> None:
    """All deeds in a run of the usual length; in its middle half only those that let the relay live."""
    deeds = list(Plan(Shape()).deeds(hours(40)))
    assert set(DEEDS) == set(deeds)
    assert set(CLIENT_DEEDS) == set(deeds[10:30])


def test_everybody_sits_in_some_room() -> None:
    """Whatever the numbers are."""
    for accounts, rooms in ((3, 2), (5, 6), (10, 40)):
        shape = Shape(accounts=accounts, rooms=rooms)
        members = [set(room) for room in Plan(shape).rooms().values()]
        assert set(shape.everybody) == set().union(*members)
        assert min(map(len, members)) > 1
