"""An attacker that has seen other societies with the same design, and knows who talked with whom there.

Anybody can let a made-up society live with a public design and look at what its machine sees. For each pair of people
the votes of all other attackers and how they share places become features, as ranks within the society too, so that
they mean the same in another; a boosted forest learns which of them tell an edge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import Op, Pair

FEWEST: Final = 5
"""With fewer edges to learn from nothing is learned."""
CROWD: Final = 60
"""Places with more readers make no pair by themselves."""


@dataclass(frozen=True, slots=True)
class Table:
    """Pairs of people of one scene, a row of features for each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    features: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A table of a society whose truth the attacker knows."""

    table: Table
    edge: NDArray[np.bool_]

    def only(self, rows: NDArray[np.bool_]) -> Lesson:
        """Of some pairs."""
        its = self.table
        return Lesson(Table(its.left[rows], its.right[rows], its.features[rows]), self.edge[rows])


def tabulate(scene: Scene, votes: Mapping[str, Pairs]) -> Table:
    """Every pair that any of ``votes`` names or that shares a place, with what speaks for it."""
    shared = _shared(scene)
    columns = [_as_dict(pairs) for pairs in votes.values()]
    named = sorted(set(shared).union(*columns)) if columns else sorted(shared)
    features = [[*shared.get(pair, _ALONE), *(column.get(pair, 0.0) for column in columns)] for pair in named]
    keys = np.array(named, np.int64).reshape(-1, 2)
    table = np.array(features, np.float64).reshape(len(named), len(columns) + len(_ALONE))
    return Table(keys[:, 0], keys[:, 1], with_ranks(table))


_ALONE: Final = (0.0, 0.0, 0.0, 0.0)


def _shared(scene: Scene) -> dict[Pair, tuple[float, ...]]:
    """How many places of two each pair shares, what was written there, how many places at all, and of the smallest."""
    events = scene.seen.events
    places, counts = np.unique(events["place"][events["op"] == Op.APPEND], return_counts=True)
    written = dict(zip(places.tolist(), counts.tolist(), strict=True))
    found: dict[Pair, list[float]] = defaultdict(lambda: list(_ALONE))
    for place, readers in sorted(scene.readers.items()):
        if not 2 <= len(readers) <= CROWD:
            continue
        for pair in combinations(sorted(readers), 2):
            row = found[pair]
            row[0] += len(readers) == 2
            row[1] += written.get(place, 0) if len(readers) == 2 else 0
            row[2] += 1
            row[3] = max(row[3], 1.0 / (len(readers) - 1))
    return {pair: tuple(row) for pair, row in found.items()}


def _as_dict(pairs: Pairs) -> dict[Pair, float]:
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    return {(a, b): s for a, b, s in zip(low.tolist(), high.tolist(), pairs.score.tolist(), strict=True)}


def with_ranks(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each feature also as the share of pairs that have less of it."""
    if not len(table):
        return np.empty((0, 2 * table.shape[1]))
    return np.hstack([table, rankdata(table, method="min", axis=0) / len(table)])


class Trained:
    """What was learned; call it with a table for pairs with the likelihood of being an edge."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        features = np.vstack([lesson.table.features for lesson in lessons])
        edge = np.concatenate([lesson.edge for lesson in lessons])
        self._forest = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.15, min_samples_leaf=5, random_state=0
        )
        with threadpool_limits(1):  # on few cores, threads that wait for one another are slower than one
            self._forest.fit(features, edge)

    def fits(self, table: Table) -> bool:
        """Whether a table has the features that were learned from."""
        return bool(self._forest.n_features_in_ == table.features.shape[1])

    def __call__(self, table: Table) -> Pairs:
        if not len(table.left):
            return Pairs.none()
        with threadpool_limits(1):
            likely = self._forest.predict_proba(table.features)[:, 1]
        return Pairs(table.left, table.right, likely.astype(np.float64))


def train(lessons: Sequence[Lesson]) -> Trained | None:
    """None where there is too little to learn from."""
    edges = sum(int(lesson.edge.sum()) for lesson in lessons)
    rows = sum(len(lesson.edge) for lesson in lessons)
    return Trained(lessons) if FEWEST <= edges < rows else None


def by_halves(lesson: Lesson, seed: int = 0) -> Pairs | None:
    """What is said of each half of a society's pairs by who learned from the other half; None as with `train`."""
    half = np.random.default_rng(seed).random(len(lesson.edge)) < 0.5
    likely = np.zeros(len(lesson.edge))
    for mine in (half, ~half):
        taught = train([lesson.only(~mine)])
        if taught is None:
            return None
        likely[mine] = taught(lesson.only(mine).table).score
    return Pairs(lesson.table.left, lesson.table.right, likely)
