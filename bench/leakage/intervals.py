"""Means over societies, how far these lie apart, and what two designs' figures say beside one another.

Of few societies nothing but these can be shown: the interval beside a mean goes from the lowest society to the highest
(a bootstrap of three would say the same and look like more). Whether two designs differ is asked society by society, as
both lived the same ones: by Student's t interval of the differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy import stats

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the lowest and highest of what it is of."""

    mean: float
    low: float
    high: float


class Verdict(StrEnum):
    """Ours beside another design, where less is better."""

    WIN = "win"
    TIE = "tie"
    LOSE = "lose"


def over_seeds(values: Sequence[float]) -> Interval:
    """Of one figure for each society."""
    drawn = np.asarray(values, np.float64)
    return Interval(float(drawn.mean()), float(drawn.min()), float(drawn.max()))


def compare(ours: Sequence[float], theirs: Sequence[float]) -> Verdict:
    """Won or lost if the t interval of the differences leaves zero out; one society decides nothing."""
    difference = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    if len(ours) != len(theirs):
        raise ValueError("they did not live the same societies")
    if len(difference) < 2:
        return Verdict.TIE
    mean, spread = float(difference.mean()), float(difference.std(ddof=1)) / np.sqrt(len(difference))
    wide = spread * float(stats.t.ppf(0.5 + LEVEL / 2, len(difference) - 1))
    if mean + wide < 0:
        return Verdict.WIN
    return Verdict.LOSE if mean - wide > 0 else Verdict.TIE
