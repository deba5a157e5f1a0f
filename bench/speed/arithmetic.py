"""Medians, percentiles, spreads and ratios, so that every figure on the page is computed in one place."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all values do not exceed (nearest rank)."""
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values, and a share above 0 and at most 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """Repetitions of one figure."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Their median, least and greatest."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratios(ours: dict[int, float], theirs: dict[int, float]) -> list[float]:
    """Ours by theirs, repetition by repetition: only what was measured side by side is divided."""
    return [ours[turn] / theirs[turn] for turn in sorted(ours.keys() & theirs.keys())]
