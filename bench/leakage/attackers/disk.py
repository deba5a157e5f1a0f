"""What a disk alone gives away: items that came on one day, or at one moment, or are alike in size, and counts.

Nobody is seen to come or to ask. What is left are rows: a place, an amount of ciphertext, a time as exact as the design
keeps it, and whom the design or a public record ties to the place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from itertools import combinations
from typing import Final

import numpy as np

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair

ITEMS: Final = (Op.APPEND, Op.PUT_BLOB, Op.ERASE)
"""Rows of what came, and of what is gone but has left a trace: of such a row the size is how many there were."""
CROWD: Final = 200
"""A moment that more people share says nothing."""


def same_moment(scene: Scene) -> Pairs:
    """Pairs for whom something came at the same time, as the disk tells time: fan-outs to people who are away."""
    return _shared(scene, lambda row: (float(row["t"]),))


def same_moment_and_size(scene: Scene) -> Pairs:
    """The same, of equal size."""
    return _shared(scene, lambda row: (float(row["t"]), int(row["size"])))


def same_size(scene: Scene) -> Pairs:
    """Pairs who have items of equal sizes, the rarer the size the more it says."""
    return _shared(scene, lambda row: (int(row["size"]),))


def busy(scene: Scene) -> Pairs:
    """Pairs by how many items each was ever given: who is busy knows many, and meets others who do."""
    count: dict[int, int] = defaultdict(int)
    for row in _items(scene):
        many = int(row["size"]) if row["op"] == Op.ERASE else 1
        count[_owner(scene, row)] += max(1, many)
    count.pop(NOBODY, None)
    top = sorted(count.items(), key=lambda item: (-item[1], item[0]))[: 4 * CROWD]
    return Pairs.of({(min(a, b), max(a, b)): float(n * m) for (a, n), (b, m) in combinations(top, 2)})


def _items(scene: Scene) -> Events:
    events = scene.seen.events
    kept: Events = events[np.isin(events["op"], ITEMS) & (events["place"] != NOBODY)]
    return kept


def _owner(scene: Scene, row: np.void) -> int:
    return scene.owner.get(int(row["place"]), NOBODY)


def _shared(scene: Scene, key: Callable[[np.void], Hashable]) -> Pairs:
    sharing: dict[Hashable, set[int]] = defaultdict(set)
    for row in _items(scene):
        owner = _owner(scene, row)
        if owner != NOBODY:
            sharing[key(row)].add(owner)
    found: dict[Pair, float] = defaultdict(float)
    for persons in sharing.values():
        if 2 <= len(persons) <= CROWD:
            for pair in combinations(sorted(persons), 2):
                found[pair] += 1.0 / (len(persons) - 1) ** 2
    return Pairs.of(dict(sorted(found.items())))
