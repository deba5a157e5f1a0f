"""Who gave votes that several people could have given: the estimate that attacks on rooms' boxes share.

Each request for a place is a vote for those who could have sent it. For each place the number of votes of each person
is estimated by expectation maximisation (Dempster, Laird and Rubin, 1977; for anonymity systems as in Danezis and
Troncoso, PETS 2009): who alone explains many votes gets those that could be others' too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.guess import Pairs
from bench.leakage.trace import Pair

STEPS: Final = 40
SINGLE: Final = 0.5
"""Votes below which nobody is kept."""
LITTLE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Votes:
    """``place`` and number of ``times`` of each vote, numbered from 0; and for each ``vote``, by its number, each
    ``person`` who could have given it, with how ``likely`` it is them.
    """

    place: NDArray[np.int64]
    times: NDArray[np.float64]
    vote: NDArray[np.int64]
    person: NDArray[np.int64]
    likely: NDArray[np.float64]

    def explained(self) -> dict[int, dict[int, float]]:
        """For each place how many votes each person gave."""
        if not len(self.vote):
            return {}
        both = np.stack([self.place[self.vote], self.person], axis=1)
        keys, key = np.unique(both, axis=0, return_inverse=True)
        key = key.ravel()
        weight: NDArray[np.float64] = np.ones(len(keys))
        for _ in range(STEPS):
            share = self.likely * weight[key]
            whole = np.bincount(self.vote, share, minlength=len(self.place))[self.vote]
            weight = np.bincount(key, share / np.maximum(whole, LITTLE) * self.times[self.vote]).astype(np.float64)
        found: dict[int, dict[int, float]] = defaultdict(dict)
        for (place, person), count in zip(keys.tolist(), weight.tolist(), strict=True):
            if count > SINGLE:
                found[place][person] = count
        return dict(found)


def for_two(rooms: Mapping[int, Mapping[int, float]]) -> Pairs:
    """Pairs by rooms that two people use, both of them much and nobody else."""
    found: dict[Pair, float] = defaultdict(float)
    for used in rooms.values():
        whole = sum(used.values())
        for (one, mine), (two, theirs) in combinations(sorted(used.items()), 2):
            found[one, two] += float(np.log1p(whole)) * 4 * min(mine, theirs) ** 2 / whole**2
    return Pairs.of(dict(sorted(found.items())))
