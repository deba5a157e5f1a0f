"""Chance for a guess, by exchanging names: freely, only within households, or whole households with all in them.

A guess about people who live together can be right because they live together, which no protocol hides. With names
exchanged *within* households the guess still knows which households talk, and loses who in them does. With *whole
households* exchanged it still knows who lives together, and loses everything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.measure import Chance, Ranking, steps
from bench.leakage.trace import Truth

Names = NDArray[np.int64]
Exchange = Callable[[np.random.Generator, Names], Names]
"""From a household for each account to another account for each."""
ROUNDS: Final = 100


def freely(dice: np.random.Generator, household: Names) -> Names:
    """Anybody's name for anybody's."""
    return np.asarray(dice.permutation(len(household)), np.int64)


def within_households(dice: np.random.Generator, household: Names) -> Names:
    """Each household's names among those who live there. Who lives alone keeps theirs."""
    names = np.arange(len(household))
    order = np.lexsort((dice.random(len(household)), household))
    names[np.argsort(household, kind="stable")] = order
    return np.asarray(names, np.int64)


def whole_households(dice: np.random.Generator, household: Names) -> Names:
    """Each household's names for those of another of its size, and within it."""
    members: dict[int, list[int]] = defaultdict(list)
    for account, number in enumerate(household.tolist()):
        members[number].append(account)
    names = np.arange(len(household))
    for size in sorted({len(each) for each in members.values()}):
        alike = [each for each in members.values() if len(each) == size]
        for mine, at in zip(alike, dice.permutation(len(alike)).tolist(), strict=True):
            names[mine] = dice.permutation(alike[at])
    return np.asarray(names, np.int64)


def chance_by(exchange: Exchange, ranking: Ranking, truth: Truth, household: Names, rounds: int = ROUNDS) -> Chance:
    """Average precision of the guess with names exchanged so: the mean, and where 95 of 100 are."""
    if not len(ranking.score):
        return Chance(ranking.base, ranking.base, ranking.base)
    dice = np.random.default_rng(0)
    edges = np.array(sorted(truth.talks), np.int64).reshape(-1, 2)
    at, named = steps(ranking)
    places = _Places(ranking, truth.accounts)
    values = []
    for _ in range(rounds):
        whose = np.argsort(exchange(dice, household))
        hits = places.of(whose[edges[:, 0]], whose[edges[:, 1]])
        ends, found = np.unique(np.searchsorted(at, hits), return_counts=True)
        # What is not in the ranking is named at last, with every other pair.
        ends, found = np.append(ends, len(at)), np.append(found, ranking.edges - len(hits))
        values.append(np.sum(found * np.cumsum(found) / named[ends]) / max(1, ranking.edges))
    low, high = np.quantile(values, (0.025, 0.975))
    return Chance(float(np.mean(values)), float(low), float(high))


class _Places:
    """Where each pair is in a ranking. A round of chance asks for a few pairs of a great many."""

    def __init__(self, ranking: Ranking, accounts: int) -> None:
        keys = np.minimum(ranking.left, ranking.right) * accounts + np.maximum(ranking.left, ranking.right)
        self._accounts = accounts
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def of(self, one: Names, two: Names) -> Names:
        """The places of those of these pairs that are in it."""
        wanted = np.minimum(one, two) * self._accounts + np.maximum(one, two)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.asarray(self._order[at[self._keys[at] == wanted]], np.int64)
