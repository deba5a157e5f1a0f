"""Which place follows which in one room, from what is at rest: nobody is seen to move.

On a disk there are days and sizes: a place is followed by one whose first day is its own last day or the next; among
those, by the one whose sizes look most like its own, as people of one room write in one manner. In memory there is who
waits where: devices wait at the last few places of a room, so places of one room have nearly the same waiting devices.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.assign import assigned
from bench.leakage.attackers.scene import Scene
from bench.leakage.society import DAY
from bench.leakage.trace import NOBODY, Op, Pair
from bench.leakage.views import Seen

BINS: Final = (600, 1_100, 2_200, 4_400, 17_000)
"""Sizes between which items are told apart."""


ALIKE: Final = 0.5
NEAR: Final = 0.1
"""What it adds that two places were touched one after the other, divided by how far apart they are."""


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


def chain_in_memory(scene: Scene) -> frozenset[Pair]:
    """The likeliest successions of places where people wait; the earlier is what was there, or was touched, first."""
    order = _order(scene.seen)
    waited = [place for place in scene.readers if place not in scene.seen.directory and place not in scene.addressed]
    waited.sort(key=lambda place: (*order.get(place, (float("inf"), 0)), place))
    scored: dict[Pair, float] = {}
    waiting: dict[int, list[int]] = defaultdict(list)
    for at, new in enumerate(waited):
        mine = scene.readers[new]
        for before in {number for person in mine for number in waiting[person]}:
            theirs = scene.readers[waited[before]]
            alike = len(mine & theirs) / len(mine | theirs)
            if alike >= ALIKE:
                scored[waited[before], new] = alike + NEAR / (at - before)
        for person in mine:
            waiting[person].append(at)
    return frozenset(assigned(scored))


def _order(seen: Seen) -> dict[int, tuple[float, int]]:
    """The first day of what is in each place, and its turn among what memory says was touched that day."""
    found: dict[int, tuple[float, int]] = {}
    rows = seen.events[(seen.events["op"] == Op.APPEND) & (seen.events["place"] != NOBODY)]
    for turn, (place, t, size) in enumerate(
        zip(rows["place"].tolist(), rows["t"].tolist(), rows["size"].tolist(), strict=True)
    ):
        if place not in found or (size == NOBODY and found[place][0] == t):
            found[place] = (t, turn if size == NOBODY else 0)
    return found
