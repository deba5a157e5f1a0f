"""Which place follows which in one room, from a disk alone: days, and how alike what lies there is.

Nobody is seen to move. A place is followed by one whose first day is its own last day or the next; among those, by the
one whose sizes look most like its own, as people of one room write in one manner.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.assign import assigned
from bench.leakage.society import DAY
from bench.leakage.trace import NOBODY, Op, Pair
from bench.leakage.views import Seen

BINS: Final = (600, 1_100, 2_200, 4_400, 17_000)
"""Sizes between which items are told apart."""


def chain_on_disk(seen: Seen) -> frozenset[Pair]:
    """The likeliest successions of places of nobody's."""
    events = seen.events
    lying = events[(events["op"] == Op.APPEND) & (events["place"] != NOBODY)]
    days: dict[int, list[float]] = defaultdict(list)
    sizes: dict[int, list[int]] = defaultdict(list)
    for place, t, size in zip(lying["place"].tolist(), lying["t"].tolist(), lying["size"].tolist(), strict=True):
        if place not in seen.directory:
            days[place].append(t)
            sizes[place].append(size)
    look = {place: _look(found) for place, found in sizes.items()}
    born: dict[float, list[int]] = defaultdict(list)
    for place, found in sorted(days.items()):
        born[min(found)].append(place)
    scored: dict[Pair, float] = {}
    for old, found in sorted(days.items()):
        for wait in (0.0, DAY):
            for new in born.get(max(found) + wait, ()):
                if new != old and (wait or min(found) < max(found) or old < new):
                    scored[old, new] = float(look[old] @ look[new]) - wait / DAY / 2
    return frozenset(assigned({pair: score for pair, score in scored.items() if score > 0}))


def _look(sizes: list[int]) -> NDArray[np.float64]:
    counts = np.bincount(np.digitize(sizes, BINS), minlength=len(BINS) + 1).astype(np.float64)
    return np.asarray(counts / np.linalg.norm(counts))
