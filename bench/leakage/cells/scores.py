"""What a guess is worth, beside its average precision: recall at few false alarms, people found, days until then."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.first import first_named, rightly_named
from bench.leakage.guess import Pairs
from bench.leakage.measure import Ranking, rank, steps
from bench.leakage.trace import Truth

ALARMS: Final = 0.01
GRID: Final = (1, 2, 4, 7, 14, 30, 60, 90)
"""Days after which the attack is repeated, and the end."""


def ranking_of(pairs: Pairs, truth: Truth) -> Ranking:
    """Every person is an account of that number."""
    return rank(pairs, {account: account for account in range(truth.accounts)}, truth)


def recall_at(ranking: Ranking, alarms: float = ALARMS) -> float:
    """The share of edges that is named before so large a share of all other pairs is. Equal scores go together."""
    at, named = steps(ranking)
    found = np.append(np.cumsum(ranking.hit)[at], ranking.edges)
    allowed = named - found <= alarms * (ranking.pairs - ranking.edges)
    return float(found[allowed].max(initial=0) / max(1, ranking.edges))


def people_of(truth: Truth) -> list[int]:
    """Everybody who talks with somebody."""
    return sorted({account for pair in truth.talks for account in pair})


def found_people(ranking: Ranking, truth: Truth) -> float:
    """The share of those who talk with somebody whose best-scored partner is one of theirs."""
    return len(rightly_named(ranking)) / max(1, len(people_of(truth)))


def apart_from_homes(ranking: Ranking, truth: Truth, household: NDArray[np.int64]) -> Ranking:
    """The guess as a ranking in which pairs of one household are no question: neither named nor missed."""
    asked = household[ranking.left] != household[ranking.right]
    sizes = np.bincount(household)
    together = int((sizes * (sizes - 1) // 2).sum())
    edges = sum(household[low] == household[high] for low, high in truth.talks)
    return Ranking(
        ranking.left[asked], ranking.right[asked], ranking.score[asked], ranking.hit[asked],
        ranking.pairs - together, ranking.edges - int(edges),
    )  # fmt: skip


def days_until(ranked: Callable[[float], Ranking], truth: Truth, days: int) -> dict[int, float]:
    """For each person who talks: after how many days their best-scored partner is one; infinite if never.

    ``ranked``: what the attacker says of what had passed by a day.
    """
    found = dict.fromkeys(people_of(truth), math.inf)
    for day in moments(days):
        for account in rightly_named(ranked(day)).tolist():
            if found.get(account, 0.0) == math.inf:
                found[account] = float(day)
    return found


def moments(days: int) -> Sequence[int]:
    """Those of `GRID` that come before the end, and the end."""
    return [*(day for day in GRID if day < days), days]


def people_by_chance(ranking: Ranking, truth: Truth, rounds: int = 20) -> float:
    """`found_people` of the same guess with everybody's names exchanged, on average."""
    dice = np.random.default_rng(0)
    edges = np.array([low * truth.accounts + high for low, high in truth.talks], np.int64)
    _, best = first_named(ranking)
    left, right = ranking.left[best], ranking.right[best]
    values = []
    for _ in range(rounds):
        names = dice.permutation(truth.accounts)
        one, two = names[left], names[right]
        hit = np.isin(np.minimum(one, two) * truth.accounts + np.maximum(one, two), edges)
        values.append(np.count_nonzero(hit) / max(1, len(people_of(truth))))
    return float(np.mean(values))
