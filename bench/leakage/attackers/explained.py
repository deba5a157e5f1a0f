"""What is counted at a place, explained as a sum over people, with weights that are not negative.

Non-negative least squares (Lawson and Hanson, *Solving Least Squares Problems*, 1974), in less time where there are
many people and few have to do with a place: people join the problem when its solution leaves something over that goes
with them. When nobody is left who does, the solution is that of all people (the conditions of Karush, Kuhn and Tucker);
where these do not hold, it is solved for all people at once, and what leaves less over counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import nnls

JOIN: Final = 100
"""How many people join at once, those first with whom most goes."""
NOTHING: Final = 1e-9
"""Of what goes with anyone who has most of it, so little is a matter of rounding."""
LEAST: Final = 1e-12
"""Who joins and explains no more than this share of what was left over would come and go for ever, by rounding."""

Counts = NDArray[np.float64]


def explain(expected: Counts, counts: Counts, people: Sequence[int]) -> dict[int, float]:
    """The weight of each of ``people`` who has one. ``expected``: a row for each of ``counts``, a column for each of
    ``people``, nothing below 0.
    """
    weight = _solve(expected, counts)
    return {person: each for person, each in zip(people, weight.tolist(), strict=True) if each > 0}


def _solve(expected: Counts, counts: Counts) -> Counts:
    weight, rest, before = np.zeros(expected.shape[1]), counts, np.inf
    goes = expected.T @ rest
    joined = np.empty(0, np.int64)
    nothing = NOTHING * goes.max(initial=0.0)
    while rest @ rest < (1.0 - LEAST) * before and len(more := np.setdiff1d(np.flatnonzero(goes > nothing), joined)):
        before = float(rest @ rest)
        first = more[np.argsort(-goes[more], kind="stable")[:JOIN]]
        joined = np.union1d(np.flatnonzero(weight), first)
        columns = expected[:, joined]
        weight = np.zeros(len(weight))
        weight[joined] = _least_squares(columns, counts)
        rest = counts - columns @ weight[joined]
        goes = expected.T @ rest
    if (goes > nothing).any() or (np.abs(goes[weight > 0]) > nothing).any():
        return _better(weight, np.asarray(nnls(expected, counts)[0]), expected, counts)
    return weight


def _better(one: Counts, other: Counts, expected: Counts, counts: Counts) -> Counts:
    """Whichever leaves less over: where more people than rows are alike the library now and then stops short."""
    left, left_by_other = (float(np.linalg.norm(counts - expected @ each)) for each in (one, other))
    return one if left <= left_by_other else other


def _least_squares(columns: Counts, counts: Counts) -> Counts:
    rows, width = columns.shape
    if rows > 2 * width:  # the same problem in fewer rows
        triangle = np.asarray(qr(np.column_stack([columns, counts]), mode="r", check_finite=False)[0])[: width + 1]
        columns, counts = triangle[:, :-1], triangle[:, -1]
    return np.asarray(nnls(columns, counts)[0])
