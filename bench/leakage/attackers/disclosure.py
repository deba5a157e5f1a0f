"""Statistical disclosure: who gets something just after whom.

After Martiny et al. (Improving Signal's Sealed Sender, NDSS 2021): anyone who receives a message sends a receipt back
by itself, so that the sender's mailbox is written to within about a second; the same mailbox is rarely written to at
other times. Here the target's moments are compared with control moments some time earlier and later, which removes the
hour of the day. `matched` is the stronger form: each write is given to the one earlier write that explains it best, and
the table is estimated again from that until it stands (expectation maximisation; a soft form of the perfect matching
disclosure attack of Troncoso et al., PETS 2008, and of the Bayesian inference of Danezis and Troncoso, PETS 2009).
`least_squares` solves rounds of receipts for all mailboxes together (Perez-Gonzalez and Troncoso, PETS 2012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair

BACK: Final = (0.05, 1.1)
"""Seconds after a delivery in which its receipt is written."""
CONTROL: Final = (6.0, -4.0, 15.0, -13.0)
"""By how many seconds the window is moved to count what comes by chance."""
STEPS: Final = 12
ROUND: Final = 0.4
"""Seconds of a round of `least_squares`; a receipt comes one to three rounds later."""
CALM: Final = 12
"""Rounds later, what still follows is chance."""
LARGEST: Final = 3_000
"""Mailboxes up to which the system is solved."""
BACKGROUND: Final = 0.05
MOST: Final = 64
"""How many later writes are looked at for each delivery."""
GROUPS_LESS: Final = 0.25
"""What a link is worth whose writes are parts of fan-outs, divided by their number."""
FANNED: Final = 0.1
"""Share of fan-outs among the writes of one queue from which on it is a group's."""
GROUP_QUEUE: Final = 0.02
LITTLE: Final = 0.02
SPAN: Final = 1e8
"""Seconds, more than any society lasts."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Deliveries from places of one owner, and lone writes into such places: causes and effects.

    ``worth``: how likely the cause is a message to one person, from the fan-out of what was delivered. The first write
    of a place is left out: it makes the connection and says nothing of talk.
    """

    cause_t: NDArray[np.float64]
    cause: NDArray[np.int64]
    worth: NDArray[np.float64]
    effect_t: NDArray[np.float64]
    effect: NDArray[np.int64]


def streams(scene: Scene) -> Streams:
    """What `sda`, `matched` and `least_squares` start from."""
    events = scene.seen.events
    owned = np.array(sorted(scene.owner), np.int64)
    appended = events["op"] == Op.APPEND
    own = np.isin(events["place"][appended], owned)
    writes, fanout = events[appended][own], scene.fanout[own]
    _, first = np.unique(writes["place"], return_index=True)
    later = np.ones(len(writes), bool)
    later[first] = False
    handed = events[(events["op"] == Op.DELIVER) & np.isin(events["place"], owned)]
    causes = handed if len(handed) else writes
    worth = _worth(scene, writes["place"].astype(np.int64), fanout, later)
    last = _last_write(writes, causes)
    known = last >= 0
    known[known] &= later[last[known]]
    alone = later & (fanout == 1)
    return Streams(
        causes["t"][known],
        causes["place"][known].astype(np.int64),
        worth[last[known]],
        writes["t"][alone],
        writes["place"][alone].astype(np.int64),
    )


def _worth(
    scene: Scene, place: NDArray[np.int64], fanout: NDArray[np.int64], later: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """A mailbox holds everything, so each write is judged by its fan-out; a queue of a pair is judged as a whole."""
    of_each = np.where(fanout == 1, 1.0, GROUPS_LESS / np.maximum(1, fanout))
    if len(scene.owner) <= 2 * len(set(scene.owner.values())) or not len(place):
        return of_each
    top = int(place.max()) + 1
    many = np.bincount(place[later], fanout[later] > 1, minlength=top)
    share = many / np.maximum(1, np.bincount(place[later], minlength=top))
    return np.where(share[place] > FANNED, GROUP_QUEUE, 1.0)


def _last_write(writes: Events, causes: Events) -> NDArray[np.int64]:
    """For each delivery the write that it most likely hands out: the last one to the place; -1 for none."""
    order = np.lexsort((writes["t"], writes["place"]))
    key = writes["place"][order].astype(np.float64) * SPAN + writes["t"][order]
    at = np.searchsorted(key, causes["place"].astype(np.float64) * SPAN + causes["t"], side="right") - 1
    found = np.where(at >= 0, order[np.maximum(at, 0)], -1) if len(order) else np.full(len(causes), -1)
    same = (found >= 0) & (writes["place"][np.maximum(found, 0)] == causes["place"]) if len(order) else found >= 0
    return np.where(same, found, -1).astype(np.int64)


def following(
    t: NDArray[np.float64], later: NDArray[np.float64], low: float, high: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of an event of ``t`` and one of ``later`` that comes ``low`` to ``high`` seconds after it."""
    first = np.searchsorted(later, t + low, side="left")
    count = np.minimum(np.searchsorted(later, t + high, side="right") - first, MOST)
    one = np.repeat(np.arange(len(t)), count)
    steps = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return one, np.repeat(first, count) + steps


def sda(scene: Scene) -> Pairs:
    """Pairs by how much more often than by chance one's mailbox is written to just after the other got something."""
    its = streams(scene)
    if not len(its.cause_t) or not len(its.effect_t):
        return Pairs.none()
    seen = _counts(its, BACK)
    moved = [_counts(its, (BACK[0] + step, BACK[1] + step)) for step in CONTROL]
    by_chance = sum(moved[1:], moved[0]) / len(moved)
    excess = (seen - by_chance).tocoo()
    return _owned(scene, excess.row, excess.col, surprise(excess, seen + by_chance))


def surprise(excess: sparse.coo_matrix, counted: sparse.csr_matrix) -> NDArray[np.float64]:
    """Each excess by the square root of what was counted there: how unlikely it is by chance."""
    if not excess.nnz:
        return np.empty(0)
    whole = np.asarray(sparse.csr_matrix(counted)[excess.row, excess.col]).ravel()
    return np.asarray(excess.data / np.sqrt(whole + 0.5))


def _counts(its: Streams, window: tuple[float, float]) -> sparse.csr_matrix:
    """How often each place is written to within ``window`` after a delivery from each other."""
    one, two = following(its.cause_t, its.effect_t, *window)
    top = int(max(its.cause.max(), its.effect.max())) + 1
    return sparse.csr_matrix((its.worth[one], (its.cause[one], its.effect[two])), shape=(top, top))


def explained(scene: Scene) -> dict[Pair, float]:
    """For each two places, how many lone writes to the second are best explained as receipts for the first."""
    its = streams(scene)
    one, two = following(its.cause_t, its.effect_t, *BACK)
    apart = its.cause[one] != its.effect[two]
    one, two = one[apart], two[apart]
    if not len(one):
        return {}
    size = int(max(its.cause.max(), its.effect.max())) + 1
    keys, key = np.unique(its.cause[one] * size + its.effect[two], return_inverse=True)
    caused = np.maximum(1, np.bincount(its.cause, minlength=size))[keys // size]
    rate = np.bincount(key) / caused
    weight = np.zeros(len(one))
    for _ in range(STEPS):
        pull = rate[key]
        weight = pull / (np.bincount(two, pull, minlength=len(its.effect_t)) + BACKGROUND)[two]
        weight = weight / np.maximum(1.0, np.bincount(one, weight, minlength=len(its.cause_t))[one])
        rate = np.bincount(key, weight) / caused
    score = np.bincount(key, weight * its.worth[one])
    return {(int(k // size), int(k % size)): float(s) for k, s in zip(keys, score, strict=True) if s > LITTLE}


def matched(scene: Scene) -> Pairs:
    """Pairs by how many receipts the best explanation of all writes finds between them."""
    table = explained(scene)
    if not table:
        return Pairs.none()
    rows = np.array(list(table), np.int64)
    return _owned(scene, rows[:, 0], rows[:, 1], np.array(list(table.values())))


def least_squares(scene: Scene) -> Pairs:
    """Pairs by the solution of: lone writes in one round = deliveries in the rounds before, times who answers whom."""
    its = streams(scene)
    places = np.union1d(its.cause, its.effect)
    if not len(its.cause_t) or not len(its.effect_t) or len(places) > LARGEST:
        return Pairs.none()
    causes, effects = np.searchsorted(places, its.cause), np.searchsorted(places, its.effect)
    rounds = (its.cause_t / ROUND).astype(np.int64), (its.effect_t / ROUND).astype(np.int64)
    shape = int(max(rounds[0].max(), rounds[1].max())) + 4 + CALM, len(places)
    now = sparse.csr_matrix((np.ones(len(effects)), (rounds[1], effects)), shape=shape)
    caused = (rounds[0], causes, its.worth)
    table = _solved(caused, now, (1, 2, 3)) - _solved(caused, now, (CALM + 1, CALM + 2, CALM + 3))
    np.fill_diagonal(table, 0.0)
    table = table * np.bincount(causes, its.worth, minlength=len(places))[:, None]
    one, two = np.nonzero(table > 0)
    return _owned(scene, places[one], places[two], table[one, two])


def _solved(
    caused: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    now: sparse.csr_matrix,
    steps: tuple[int, ...],
) -> NDArray[np.float64]:
    """Ridge regression of the writes of each round on the deliveries ``steps`` rounds before."""
    rounds, causes, worth = caused
    before = sum(sparse.csr_matrix((worth, (rounds + step, causes)), shape=now.shape) for step in steps)
    gram = (before.T @ before).toarray() + 2.0 * np.eye(now.shape[1])
    return np.asarray(np.linalg.solve(gram, (before.T @ now).toarray()))


def _owned(scene: Scene, one: NDArray[np.int64], two: NDArray[np.int64], score: NDArray[np.float64]) -> Pairs:
    """Scores of places as scores of their owners, both directions added; only what is above chance."""
    owner = _owner_table(scene.owner)
    left, right = owner[one], owner[two]
    fits = (left != right) & (left != NOBODY) & (right != NOBODY)
    found: dict[Pair, float] = defaultdict(float)
    for a, b, s in zip(left[fits].tolist(), right[fits].tolist(), score[fits].tolist(), strict=True):
        found[min(a, b), max(a, b)] += s
    return Pairs.of({pair: s for pair, s in sorted(found.items()) if s > 0})


def _owner_table(owner: Mapping[int, int]) -> NDArray[np.int64]:
    table = np.full(max(owner, default=0) + 1, NOBODY, np.int64)
    for place, person in owner.items():
        table[place] = person
    return table
