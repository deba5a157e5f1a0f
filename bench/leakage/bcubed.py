"""Extended B-cubed (Amigo et al., Information Retrieval 12, 2009): how well guessed groups fit the rooms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, slots=True)
class BCubed:
    """``precision``: of the rooms that two accounts are said to share, how many they do; ``recall``: the reverse."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def bcubed(guessed: Sequence[Collection[int]], rooms: Sequence[Collection[int]], accounts: int) -> BCubed:
    """Averages over accounts: precision over those put into any group, recall over those in any room."""
    said, true = _shared(guessed, accounts), _shared(rooms, accounts)
    both = said.minimum(true)
    return BCubed(_mean_share(both, said), _mean_share(both, true))


def bcubed_chance(
    guessed: Sequence[Collection[int]], rooms: Sequence[Collection[int]], accounts: int, rounds: int = 20, seed: int = 0
) -> float:
    """The mean F1 if the same groups are guessed with everybody's names exchanged."""
    dice = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        names = dice.permutation(accounts)
        values.append(bcubed([[int(names[one]) for one in group] for group in guessed], rooms, accounts).f1)
    return float(np.mean(values))


def _shared(groups: Sequence[Collection[int]], accounts: int) -> sparse.csr_matrix:
    """How many groups each two accounts share; on the diagonal, how many each is in."""
    rows = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    columns = np.array([one for group in groups for one in group], np.int64)
    member = sparse.csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(groups), accounts))
    member.data[:] = 1.0
    return sparse.csr_matrix(member.T @ member)


def _mean_share(both: sparse.csr_matrix, whole: sparse.csr_matrix) -> float:
    """For each account the mean of both/whole over those it shares anything with; then the mean over accounts."""
    share = both.multiply(whole.power(-1.0)).tocsr()
    partners: NDArray[np.int64] = np.diff(whole.indptr)
    sums = np.asarray(share.sum(axis=1)).ravel()
    some = partners > 0
    return float(np.mean(sums[some] / partners[some])) if some.any() else 0.0
