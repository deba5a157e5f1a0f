"""How much more often two streams of events fall into the same moments than by chance.

After the event correlation of Bahramali et al. (NDSS 2020), for millions of events: time is cut into bins, and what two
people share is counted against what they share with one of them moved in time by several lags. Rates that rise and fall
with the hour are in both, so that only what is tied more closely than the lags is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.guess import Pairs

BLOCK: Final = 512
MANY: Final = 2_000
"""Of more people, only pairs with a clear excess are named."""
CLEAR: Final = 2.0


def binned(t: NDArray[np.float64], who: NDArray[np.int64], people: int, width: float, bins: int) -> sparse.csr_matrix:
    """Whether each person did something in each bin."""
    at = (t / width).astype(np.int64)
    fits = (at >= 0) & (at < bins) & (who >= 0)
    table = sparse.csr_matrix((np.ones(int(fits.sum()), np.float32), (who[fits], at[fits])), shape=(people, bins))
    table.data[:] = 1.0
    return table


def excess(
    one: sparse.csr_matrix, two: sparse.csr_matrix, lags: Sequence[int]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """For blocks of the rows of ``one`` beside all of ``two``: shared bins above what the lags share, in deviations."""
    columns = two.T.tocsc()
    for begin in range(0, one.shape[0], BLOCK):
        rows = one[begin : begin + BLOCK]
        shared = (rows @ columns).toarray()
        by_chance = np.zeros_like(shared)
        for lag in lags:
            by_chance += (moved(rows, lag) @ columns).toarray()
        by_chance /= max(1, len(lags))
        yield begin, (shared - by_chance) / np.sqrt(by_chance + 1.0)


def moved(rows: sparse.csr_matrix, lag: int) -> sparse.csr_matrix:
    """Every bin later by ``lag``, what falls out at one end left out."""
    coo = rows.tocoo()
    at = coo.col + lag
    fits = (at >= 0) & (at < rows.shape[1])
    return sparse.csr_matrix((coo.data[fits], (coo.row[fits], at[fits])), shape=rows.shape)


def coinciding(
    t: NDArray[np.float64],
    who: NDArray[np.int64],
    people: int,
    width: float,
    lags: Sequence[float],
    *,
    alone: bool = False,
) -> Pairs:
    """Pairs by how much their events coincide within ``width`` seconds, beside ``lags`` seconds, to both sides.

    ``alone``: a moment counts the less the more people do something in it, as those of a group do.
    """
    if not len(t):
        return Pairs.none()
    table = binned(t, who, people, width, int(t.max() / width) + 1)
    moves = [round(sign * lag / width) for lag in lags for sign in (-1, 1)]
    return pairs_of(excess(table, by_crowd(table) if alone else table, moves), people)


def by_crowd(table: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each bin the less the more people are in it: one for two, a quarter for three."""
    crowd = np.asarray(table.sum(axis=0)).ravel()
    return sparse.csr_matrix(table @ sparse.diags((1.0 / np.maximum(1.0, crowd - 1.0) ** 2).astype(np.float32)))


def pairs_of(blocks: Iterator[tuple[int, NDArray[np.float32]]], people: int) -> Pairs:
    """Pairs with a score above nothing, each once."""
    least = CLEAR if people > MANY else 0.0
    left, right, score = [], [], []
    for begin, block in blocks:
        row, column = np.nonzero(block > least)
        upper = column > row + begin
        left.append(row[upper] + begin)
        right.append(column[upper])
        score.append(block[row[upper], column[upper]])
    return Pairs(
        np.concatenate(left).astype(np.int64), np.concatenate(right).astype(np.int64),
        np.concatenate(score).astype(np.float64),
    )  # fmt: skip
