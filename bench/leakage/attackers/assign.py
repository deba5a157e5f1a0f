"""One successor and one predecessor for each: the assignment that scores highest in all."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from bench.leakage.trace import Pair

LARGEST: Final = 2_000
"""Up to so many on each side the assignment is exact; beyond, best first."""


def assigned(scored: dict[Pair, float]) -> list[Pair]:
    """Each place at most one successor and one predecessor, the sum of scores as high as it goes."""
    rows = {place: at for at, place in enumerate(sorted({one for one, _ in scored}))}
    columns = {place: at for at, place in enumerate(sorted({two for _, two in scored}))}
    if len(rows) * len(columns) > LARGEST**2:
        return _best_first(scored)
    table = np.zeros((len(rows), len(columns)))
    for (one, two), score in scored.items():
        table[rows[one], columns[two]] = score
    names = list(rows), list(columns)
    one, two = linear_sum_assignment(table, maximize=True)
    return [(names[0][a], names[1][b]) for a, b in zip(one, two, strict=True) if table[a, b] > 0]


def _best_first(scored: dict[Pair, float]) -> list[Pair]:
    left: set[int] = set()
    right: set[int] = set()
    found = []
    for (one, two), _ in sorted(scored.items(), key=lambda item: (-item[1], item[0])):
        if one not in left and two not in right:
            left.add(one)
            right.add(two)
            found.append((one, two))
    return found
