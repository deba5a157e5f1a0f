"""What the memory of a running relay gives away of who waits: when, and for how much.

*Same second*: devices of one room begin to wait again in the moment in which something comes to its box. A design that
waits for a fixed time shows the same second for all of them, on connections of different people. What one connection
began together is left out: that was when it came. *Many waits*: anyone who waits for much is in many rooms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Final

import numpy as np

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Op, Pair
from bench.leakage.views import View

CROWD: Final = 30
"""A second that more people share says nothing."""


def same_second(scene: Scene) -> Pairs:
    """Pairs by the seconds in which both wait for something, the fewer others do the more it says."""
    if scene.seen.view is not View.MEMORY:
        return Pairs.none()
    events = scene.seen.events
    waits = (events["op"] == Op.READ) & (scene.person != NOBODY)
    began = Counter(zip(events["conn"][waits].tolist(), events["t"][waits].tolist(), strict=True))
    sharing: dict[float, set[int]] = defaultdict(set)
    rows = (events["conn"][waits].tolist(), events["t"][waits].tolist(), scene.person[waits].tolist())
    for conn, t, person in zip(*rows, strict=True):
        if began[conn, t] == 1:
            sharing[t].add(person)
    mean = float(np.mean([len(persons) for persons in sharing.values()])) if sharing else 1.0
    found: dict[Pair, float] = defaultdict(float)
    for persons in sharing.values():
        if 2 <= len(persons) <= CROWD:
            for pair in combinations(sorted(persons), 2):
                found[pair] += 1.0 / (mean * (len(persons) - 1))
    return Pairs.of(dict(sorted(found.items())))


def many_waits(scene: Scene) -> Pairs:
    """Pairs by for how much each of the two waits: nothing ties them, but who talks with many talks with more."""
    if scene.seen.view is not View.MEMORY:
        return Pairs.none()
    events = scene.seen.events
    waits = (events["op"] == Op.READ) & (scene.person != NOBODY)
    count = Counter(scene.person[waits].tolist())
    return Pairs.of({(one, two): float(count[one] * count[two]) for one, two in combinations(sorted(count), 2)})
