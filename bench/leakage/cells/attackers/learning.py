"""An attacker that has seen other societies with the same deployment, and learned what tells an edge from the others.

Each pair is described by what all attackers of a view say of it: the score, its rank in the society, and its rank among
what is said of either of the two. A boosted forest (`trained.Trained`) learns from societies whose truth is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.trained import Lesson, Table, with_ranks
from bench.leakage.guess import Pairs
from bench.leakage.trace import Truth

MOST: Final = 1_500
"""Of more people the table of all pairs is too large: nobody learns."""


def table(guesses: Mapping[str, Pairs], accounts: int) -> Table | None:
    """Every pair of accounts with what speaks for it; None where nobody says anything or there are too many people."""
    said = [pairs for pairs in guesses.values() if len(pairs.score)]
    if not said or accounts > MOST:
        return None
    left, right = np.triu_indices(accounts, 1)
    columns = [column for pairs in guesses.values() for column in _columns(pairs, accounts, left, right)]
    return Table(left.astype(np.int64), right.astype(np.int64), with_ranks(np.stack(columns, axis=1)))


def lesson(guesses: Mapping[str, Pairs], truth: Truth) -> Lesson | None:
    """The same, with the truth."""
    its = table(guesses, truth.accounts)
    if its is None:
        return None
    edges = np.array([low * truth.accounts + high for low, high in truth.talks], np.int64)
    return Lesson(its, np.isin(its.left * truth.accounts + its.right, edges))


def _columns(
    pairs: Pairs, accounts: int, left: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores = np.zeros((accounts, accounts))
    np.maximum.at(scores, (pairs.left, pairs.right), pairs.score)
    scores = np.maximum(scores, scores.T)
    rank = (-scores).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return scores[left, right], np.minimum(rank, rank.T)[left, right].astype(np.float64)
