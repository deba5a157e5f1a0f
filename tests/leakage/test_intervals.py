"""Intervals over seeds and what is said from them."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.intervals import Interval, Verdict, compare, over_seeds


def test_an_interval_holds_its_mean_and_repeats() -> None:
    """And is the same each time."""
    values = [0.1, 0.2, 0.4, 0.3, 0.25]
    interval = over_seeds(values)
    assert interval.low < interval.mean < interval.high
    assert interval.mean == pytest.approx(0.25)
    assert interval == over_seeds(values)


def test_one_society_is_a_point() -> None:
    """Nothing is known of the spread."""
    assert over_seeds([0.5]) == Interval(0.5, 0.5, 0.5)


def test_the_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    """Of 200 samples of 20; the bootstrap is known to be a little narrow."""
    dice = np.random.default_rng(2)
    covered = [low.low <= 0.5 <= low.high for low in (over_seeds(dice.random(20).tolist()) for _ in range(200))]
    assert 0.88 <= np.mean(covered) <= 0.99


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
    assert compare([one - 0.05 for one in theirs], theirs) is Verdict.WIN
