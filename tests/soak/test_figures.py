"""The soak's verdicts on memory and latency: they bite, and they do not cry wolf."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest

from bench.soak.figures import Claim, Growth, Sample, Span, drift, growth, percentile, thirds, unmeasured
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


@pytest.mark.parametrize(
    ("mib_per_hour", "off_by", "flat"),
    [
        (60.0, 0.0, True),
        (60.1, 0.0, False),
        (150.0, 50.0, False),
        (100.0, 50.0, True),
        (100.1, 50.0, False),
        (59.0, 20.0, True),
        (-300.0, 5.0, True),
    ],
)
def test_growth_is_more_than_is_allowed_and_more_than_chance(mib_per_hour: float, off_by: float, *, flat: bool) -> None:
    """A slope breaks the claim if it is above the limit, and above twice its error; one of both is not enough."""
    assert flat is Growth(100, 80.0, mib_per_hour, off_by, 100.0).is_flat(60.0)


def noisy(mib_per_hour: float, seconds: int, seed: int) -> list[Sample]:
    """A life whose samples lie about their line with a standard deviation of 1 MiB, ten in a row alike."""
    dice = random.Random(seed)
    off = [dice.gauss(0, 1) for _ in range(seconds // 10 + 1)]
    return [(float(at), 80 + mib_per_hour * at / HOUR_S + off[at // 10]) for at in range(seconds)]


@pytest.mark.parametrize(("seconds", "lives", "off_by"), [(300, 1, 17), (600, 2, 3)])
def test_what_ten_minutes_show(seconds: int, lives: int, off_by: float) -> None:
    """docs/soak.md: the error per MiB of scatter, a leak that shows, and one that does not."""
    errors, shown = [], dict[float, int]()
    for leak in (60.0, 60.0 + 4 * off_by):
        for seed in range(20):
            found = growth([noisy(leak, seconds, 100 * seed + life) for life in range(lives)], warm_up_s=120)
            assert found is not None
            errors.append(found.off_by)
            shown[leak] = shown.get(leak, 0) + (not found.is_flat(60.0))
    assert off_by == pytest.approx(sum(errors) / len(errors), rel=0.15)
    assert {60.0 + 4 * off_by: 20}.items() <= shown.items()
    assert shown[60.0] < 15


@pytest.mark.parametrize(("step_mib", "seconds", "flat"), [(1.5, 300, True), (2.5, 300, False), (2.5, 900, True)])
def test_a_single_step_is_read_as_a_slope(step_mib: float, seconds: int, *, flat: bool) -> None:
    """A table that doubles once in three minutes cannot be told from a leak; a longer life tells."""
    half = 120 + (seconds - 120) / 2
    stepped = [(at, level + (step_mib if at > half else 0)) for at, level in life(0, seconds, 90, 0)]
    found = growth([stepped], warm_up_s=120)
    assert found is not None
    assert flat is found.is_flat(60)


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


@pytest.mark.parametrize("calm", [[], [(5.0, 5.0)], [(9.0, 7.0)]])
def test_a_run_without_calm_has_no_thirds(calm: list[Span]) -> None:
    """A calm time that ended before it began is none."""
    assert thirds(calm) is None
    assert ((0.0, 2.0), (4.0, 6.0)) == thirds([*calm, (0.0, 1.0), (3.0, 6.0)])


@pytest.mark.parametrize(
    ("when", "is_compared"), [((0.0, 199.0), False), ((101.0, 299.0), False), ((99.0, 201.0), True)]
)
def test_a_third_without_delays_is_not_compared(when: tuple[float, float], *, is_compared: bool) -> None:
    """What is flat as long as it was looked at may be anything afterwards, or before."""
    found = drift([(at, 0.1) for at in when], [(0.0, 300.0)], 50)
    assert is_compared is (found is not None)


def test_what_was_not_measured_fails_if_it_should_have_been() -> None:
    """It says so either way."""
    short, long = (unmeasured("flat", is_long_enough=enough) for enough in (False, True))
    assert (Claim("flat", held=None, figure="not measured: too short"), False) == (short, short.failed)
    assert (Claim("flat", held=False, figure="not measured, though the run was long enough"), True) == (
        long,
        long.failed,
    )


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
