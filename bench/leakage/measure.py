"""Scores of guesses against the truth: edges, groups, chains; chance beside each; intervals over seeds.

A person whom an attacker cannot name counts as found only through one pseudonym: `identify` gives every pseudonym at
most one account and every account at most one pseudonym, whichever holds most of what the account did. Who cut a
person into twenty pseudonyms has found at most one twentieth of their life. A pseudonym with a place of its own (an
inbox) stands for anyone who alone reads that place, whatever else was taken for theirs by mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.leakage.guess import Cast, Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair, Truth

Labels = Mapping[int, int]
"""The account of each person of a cast who has one."""


def owners(live: Events, truth: Truth) -> dict[int, int]:
    """The account of each place that only one account's connections ever read."""
    accounts = truth.account_of_conn.accounts
    reads = live[np.isin(live["op"], (Op.READ, Op.DELIVER)) & (live["conn"] >= 0) & (live["place"] >= 0)]
    readers = accounts[reads["conn"]].astype(np.int64)
    pairs = np.unique(np.stack([reads["place"].astype(np.int64), readers], axis=1), axis=0)
    places, first, count = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    return {int(p): int(pairs[at, 1]) for p, at, n in zip(places, first, count, strict=True) if n == 1}


def identify(cast: Cast, live: Events, truth: Truth) -> dict[int, int]:
    """The account that each person of ``cast`` stands for in scoring; persons who stand for none are absent."""
    found = {person: account for account, person in sorted(cast.accounts.items(), reverse=True)}
    taken = set(found.values())
    share = _shares(cast, live, truth)
    for (person, account), _ in sorted(share.items(), key=lambda item: (-item[1][0], -item[1][1], item[0])):
        if person not in found and account not in taken:
            found[person] = account
            taken.add(account)
    return found


def _shares(cast: Cast, live: Events, truth: Truth) -> dict[Pair, tuple[int, int]]:
    """How many events each person of the cast shares with each account: at places of their own, and on connections."""
    own = owners(live, truth) if cast.places else {}
    share: dict[Pair, tuple[int, int]] = {}
    for column, persons, accounts in (("conn", cast.conns, truth.account_of_conn), ("place", cast.places, own)):
        keys, counts = np.unique(live[column], return_counts=True)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            if key in persons and key in accounts:
                at_places, on_conns = share.get((persons[key], accounts[key]), (0, 0))
                more = (count, 0) if column == "place" else (0, count)
                share[persons[key], accounts[key]] = at_places + more[0], on_conns + more[1]
    return share


@dataclass(frozen=True, slots=True)
class Ranking:
    """Account pairs by score, best first, each with whether it is an edge; all other pairs share the last rank."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]
    hit: NDArray[np.bool_]
    pairs: int
    edges: int

    @property
    def base(self) -> float:
        """The average precision of somebody who knows nothing: the share of pairs that are edges."""
        return self.edges / self.pairs


def rank(pairs: Pairs, labels: Labels, truth: Truth, absent: Collection[int] = ()) -> Ranking:
    """The guess as a ranking of pairs of accounts; a pair guessed through several persons has its best score.

    ``absent``: accounts that were not there yet, and that nobody would name: their pairs are no question.
    """
    table = np.full(_top(pairs, labels) + 1, NOBODY, np.int64)
    for person, account in labels.items():
        table[person] = account
    one, two = table[pairs.left], table[pairs.right]
    fits = (one != two) & (one != NOBODY) & (two != NOBODY)
    low, high = np.minimum(one, two)[fits], np.maximum(one, two)[fits]
    return _ranking(low, high, pairs.score[fits], truth, truth.accounts - len(absent))


def _top(pairs: Pairs, labels: Labels) -> int:
    return max([0, *labels, *(int(side.max()) for side in (pairs.left, pairs.right) if len(side))])


def _ranking(
    low: NDArray[np.int64], high: NDArray[np.int64], score: NDArray[np.float64], truth: Truth, people: int
) -> Ranking:
    order = np.lexsort((high, low, -score))
    key = low[order] * truth.accounts + high[order]
    _, first = np.unique(key, return_index=True)
    kept = order[np.sort(first)]
    edges = np.array([a * truth.accounts + b for a, b in truth.talks], np.int64)
    hit = np.isin(low[kept] * truth.accounts + high[kept], edges)
    return Ranking(low[kept], high[kept], score[kept], hit, people * (people - 1) // 2, len(edges))


def steps(ranking: Ranking) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each distinct score ends, and how many pairs are named by then; at last every pair is."""
    ends = np.flatnonzero(np.diff(ranking.score))
    at = np.append(ends, len(ranking.score) - 1).astype(np.int64) if len(ranking.score) else ends
    return at, np.append(at + 1, ranking.pairs)


def _curve(ranking: Ranking) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at each distinct score, ending with every pair."""
    at, named = steps(ranking)
    found = np.append(np.cumsum(ranking.hit)[at], ranking.edges)
    return found / named, found / max(1, ranking.edges)


def average_precision(ranking: Ranking) -> float:
    """Area under precision over recall, ties taken together; 1 for a perfect guess, the base rate for none."""
    precision, recall = _curve(ranking)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def best_f1(ranking: Ranking) -> float:
    """The best harmonic mean of precision and recall over all thresholds."""
    precision, recall = _curve(ranking)
    total = precision + recall
    return float(np.max(np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)))


@dataclass(frozen=True, slots=True)
class Chance:
    """Average precision of a guess with everybody's names exchanged: the mean, and where 95 of 100 cases lie."""

    mean: float
    low: float
    high: float


def chance(ranking: Ranking, truth: Truth, rounds: int = 200, seed: int = 0, absent: Collection[int] = ()) -> Chance:
    """What the same guess were worth by chance. The mean of a guess that names some pairs first is above the base rate:
    what is named early counts more, and where few edges are, luck is lopsided. Names are exchanged among those who are
    there: that somebody is there is public.
    """
    if not rounds or not len(ranking.score):
        return Chance(ranking.base, ranking.base, ranking.base)
    dice = np.random.default_rng(seed)
    edge = np.zeros((truth.accounts, truth.accounts), bool)
    for one, two in truth.talks:
        edge[one, two] = edge[two, one] = True
    at, named = steps(ranking)
    here = np.array([account for account in range(truth.accounts) if account not in set(absent)], np.int64)
    names, values = np.arange(truth.accounts), []
    for _ in range(rounds):
        names[here] = dice.permutation(here)
        found = np.append(np.cumsum(edge[names[ranking.left], names[ranking.right]])[at], ranking.edges)
        values.append(np.sum(np.diff(found, prepend=0) * found / named) / max(1, ranking.edges))
    low, high = np.quantile(values, (0.025, 0.975))
    return Chance(float(np.mean(values)), float(low), float(high))


def among(pairs: Pairs, labels: Labels, truth: Truth, known: Collection[Pair], absent: Collection[int] = ()) -> Ranking:
    """The guess as a ranking in which the edges of ``known`` are no question: neither found nor missed."""
    ranking = rank(pairs, labels, truth, absent)
    keys = np.array([low * truth.accounts + high for low, high in known], np.int64)
    asked = ~np.isin(ranking.left * truth.accounts + ranking.right, keys)
    return Ranking(
        ranking.left[asked],
        ranking.right[asked],
        ranking.score[asked],
        ranking.hit[asked],
        ranking.pairs - len(known),
        ranking.edges - len(known),
    )


def chained(guess: Collection[Pair], truth: Truth) -> float | None:
    """Share of the true successions of places that were guessed; None where a design's rooms never move."""
    return len(set(guess) & set(truth.chain)) / len(truth.chain) if truth.chain else None
