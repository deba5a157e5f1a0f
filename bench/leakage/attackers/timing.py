"""Event correlation: whose traffic has the same moments and sizes.

After Bahramali et al. (Practical Traffic Analysis Attacks on Secure Messaging Applications, NDSS 2020): what a member
of a conversation receives comes at the same moments, in the same sizes, as what another member sends. Here over all
pairs of people: matched events, less what comes by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.attackers.disclosure import following, surprise
from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Op

DELTA: Final = 1.0
"""Seconds between matching events."""
MOVED: Final = (7.0, 19.0, -11.0, -23.0)


def correlation(scene: Scene) -> Pairs:
    """Pairs by matched events of equal size: one writes, the other is handed something."""
    events = scene.seen.events
    kinds = np.isin(events["op"], (Op.APPEND, Op.DELIVER)) & (scene.person != NOBODY)
    t, person, size = events["t"][kinds], scene.person[kinds], events["size"][kinds]
    writes = events["op"][kinds] == Op.APPEND
    if not len(t) or not writes.any():
        return Pairs.none()
    seen = _matches(t, person, size, writes, (0.0, DELTA))
    chance = [_matches(t, person, size, writes, (step, step + DELTA)) for step in MOVED]
    mean = _mean(chance)
    excess = (seen - mean).tocoo()
    score = surprise(excess, seen + mean)
    good = (score > 0) & (excess.row != excess.col)
    return Pairs(excess.row[good].astype(np.int64), excess.col[good].astype(np.int64), score[good])


def _mean(tables: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    return sparse.csr_matrix(sum(tables[1:], tables[0]) / len(tables))


def _matches(
    t: NDArray[np.float64],
    person: NDArray[np.int64],
    size: NDArray[np.int64],
    writes: NDArray[np.bool_],
    window: tuple[float, float],
) -> sparse.csr_matrix:
    """How often a write of one is followed within ``window`` by a delivery of its size to another; shared among all."""
    one, two = following(t, t, *window)
    fits = writes[one] & ~writes[two] & (size[one] == size[two]) & (person[one] != person[two])
    one, two = one[fits], two[fits]
    crowd = np.bincount(one, minlength=len(t))
    top = int(person.max()) + 1
    low, high = np.minimum(person[one], person[two]), np.maximum(person[one], person[two])
    return sparse.csr_matrix((1.0 / crowd[one] ** 2, (low, high)), shape=(top, top))
