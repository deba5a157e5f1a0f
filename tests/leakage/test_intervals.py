"""Means over societies, and what is said from their differences."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.intervals import Interval, Verdict, compare, over_seeds


def test_a_mean_stands_between_the_lowest_and_the_highest() -> None:
    """Of the societies, in any order."""
    interval = over_seeds([0.1, 0.2, 0.4, 0.3, 0.25])
    assert (interval.low, interval.high) == (0.1, 0.4)
    assert interval.mean == pytest.approx(0.25)


def test_one_society_is_a_point() -> None:
    """Nothing is known of the spread."""
    assert over_seeds([0.5]) == Interval(0.5, 0.5, 0.5)


def test_equal_designs_are_rarely_told_apart() -> None:
    """Of 400 times three societies, about 95 in 100 are ties; by the sign of all three, one in four would not be."""
    dice = np.random.default_rng(2)
    drawn = dice.normal(0.5, 0.1, (400, 2, 3))
    found = [compare(one.tolist(), two.tolist()) for one, two in drawn]
    assert 0.9 <= np.mean([verdict is Verdict.TIE for verdict in found]) <= 0.99


def test_one_society_decides_nothing() -> None:
    """However far apart the two are; and different societies are not compared at all."""
    assert compare([0.1], [0.9]) is Verdict.TIE
    with pytest.raises(ValueError, match="same societies"):
        compare([0.1, 0.2], [0.9])


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([0.1, 0.2, 0.15], [0.5, 0.6, 0.55], Verdict.WIN),
        ([0.9, 0.8, 0.85], [0.5, 0.6, 0.55], Verdict.LOSE),
        ([0.1, 0.6, 0.3], [0.2, 0.5, 0.35], Verdict.TIE),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], Verdict.TIE),
    ],
)
def test_verdicts_come_from_the_differences(ours: list[float], theirs: list[float], verdict: Verdict) -> None:
    """Less is better; an interval that holds zero tells nothing."""
    assert verdict is compare(ours, theirs)


def test_what_is_paired_is_told_apart_though_societies_differ_more() -> None:
    """Each society is easier or harder for both."""
    theirs = [0.1, 0.5, 0.9, 0.3]
    assert compare([0.05, 0.44, 0.86, 0.25], theirs) is Verdict.WIN
