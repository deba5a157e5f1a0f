"""Means with bootstrap intervals over seeds, and what two designs' figures say beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

RESAMPLES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it lies in 95 of 100 resamples of the seeds."""

    mean: float
    low: float
    high: float


class Verdict(StrEnum):
    """Ours beside another design, where less is better."""

    WIN = "win"
    TIE = "tie"
    LOSE = "lose"


def over_seeds(values: Sequence[float], seed: int = 0) -> Interval:
    """The percentile bootstrap; with one seed the interval is a point, and says nothing."""
    drawn = np.asarray(values, np.float64)
    dice = np.random.default_rng(seed)
    means = drawn[dice.integers(0, len(drawn), (RESAMPLES, len(drawn)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(drawn.mean()), float(low), float(high))


def compare(ours: Sequence[float], theirs: Sequence[float]) -> Verdict:
    """From the interval of the differences, seed by seed: both lived the same societies, so they are paired."""
    difference = over_seeds([one - two for one, two in zip(ours, theirs, strict=True)])
    if difference.high < 0:
        return Verdict.WIN
    return Verdict.LOSE if difference.low > 0 else Verdict.TIE
