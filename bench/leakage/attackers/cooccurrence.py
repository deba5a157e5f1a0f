"""Who is seen at the same place: the plainest attack, and the strongest wherever people share a place.

A place with two readers is a room for two, and so is one that is nobody's by name, with one reader and one other who
writes there. In a mailbox with one reader, anyone who writes there alone (not to many at once) and is answered at once
talks with its owner: receipts are not answered, messages are.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Op, Pair

ANSWERED: Final = 2.5
"""Seconds within which a device's receipt is back."""
UNANSWERED: Final = 0.01
PRESENT: Final = 0.5
"""What a place of two is worth in which nobody was seen to write."""


def co_occurrence(scene: Scene) -> Pairs:
    """Pairs who share small places, or write into one another's mailboxes."""
    direct: dict[Pair, float] = defaultdict(float)
    together: dict[Pair, float] = defaultdict(float)
    writes = _writes(scene)
    mailboxes = {*scene.addressed, *scene.seen.directory} if scene.rooms_are_shared else set(scene.readers)
    for place, readers in scene.readers.items():
        present = readers | set(scene.writers.get(place, {}))
        if len(readers) < 2 and (len(present) != 2 or place in mailboxes):
            continue
        worth = direct if len(present) == 2 else together
        weight = (PRESENT + writes.get(place, 0)) / max(1, len(present) - 1)
        for pair in combinations(sorted(present), 2):
            worth[pair] += weight
    for pair, count in _letters(scene).items():
        direct[pair] += count
    score = {
        pair: float(np.log1p(10 * direct.get(pair, 0.0)) + 0.1 * np.log1p(together.get(pair, 0.0)))
        for pair in set(direct) | set(together)
    }
    return Pairs.of(dict(sorted(score.items())))


def _writes(scene: Scene) -> dict[int, int]:
    events = scene.seen.events
    places, counts = np.unique(events["place"][events["op"] == Op.APPEND], return_counts=True)
    return {int(place): int(count) for place, count in zip(places, counts, strict=True)}


def _letters(scene: Scene) -> dict[Pair, float]:
    """Letters to one person alone: answered ones count one, others little."""
    t, source, target = _directed(scene)
    top = int(max(source.max(initial=0), target.max(initial=0))) + 1
    key, back = source * top + target, target * top + source
    order = np.lexsort((t, key))
    key_sorted, t_sorted = key[order], t[order]
    found: dict[Pair, float] = defaultdict(float)
    for other in np.unique(back).tolist():
        mine = np.flatnonzero(back == other)
        low, high = np.searchsorted(key_sorted, (other, other + 1))
        replies = t_sorted[low:high]
        at = np.searchsorted(replies, t[mine], side="right")
        near = np.full(len(mine), np.inf)
        some = at < len(replies)
        near[some] = replies[at[some]] - t[mine][some]
        one, two = divmod(other, top)
        found[min(one, two), max(one, two)] += float(np.where(near <= ANSWERED, 1.0, UNANSWERED).sum())
    return found


def _directed(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Time, writer and owner of each write of one alone into a place of one reader."""
    events = scene.seen.events
    appended = events["op"] == Op.APPEND
    writes, source = events[appended], scene.person[appended]
    target = np.array([scene.owner.get(place, NOBODY) for place in writes["place"].tolist()], np.int64)
    fits = (source != NOBODY) & (target != NOBODY) & (source != target) & (scene.fanout == 1)
    return writes["t"][fits], source[fits], target[fits]
