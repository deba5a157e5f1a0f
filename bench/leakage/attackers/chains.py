"""Which place follows which in one room: the same readers, moving at the same time.

After Marmot's threat model (T.11.8, T.11.9) applied to places that change. When a room moves, each of its readers asks
for the new place in the moment after it was handed, or wrote, the last word of the old one, mostly over the same
connection. Every first question of a reader is a vote for the places that it touched just before; votes of one
connection count most, votes of one person less, and what anybody wrote at the birth of the new place least. Each place
gets at most one successor and one predecessor.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.assign import assigned
from bench.leakage.attackers.scene import Scene
from bench.leakage.trace import NOBODY, Events, Op, Pair

JUST_BEFORE: Final = 1.5
"""Seconds between the last word of the old place and the first question for the new one."""
PERSON: Final = 0.6
ANYBODY: Final = 0.2
ALIKE: Final = 0.5
"""What the overlap of readers adds to a share of votes."""
LEAST: Final = 0.15


def chain(scene: Scene) -> frozenset[Pair]:
    """The likeliest successions."""
    moves = _Moves(scene)
    scored: dict[Pair, float] = {}
    for new, askers in moves.first_asked.items():
        scored |= moves.predecessors(new, askers)
    return frozenset(assigned(scored))


def rooms(chained: frozenset[Pair]) -> dict[int, int]:
    """One number, the lowest place, for all places that follow one another."""
    line = nx.Graph()
    line.add_edges_from(chained)
    return {place: min(places) for places in nx.connected_components(line) for place in places}


class _Moves:
    """Who asked for which place first when, and what they had just touched."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        events = scene.seen.events
        own = np.array(sorted({*scene.seen.directory, *scene.addressed}), np.int64)
        kept = (events["place"] != NOBODY) & np.isin(events["op"], (Op.APPEND, Op.READ, Op.DELIVER))
        kept &= ~np.isin(events["place"], own)
        events, person = events[kept], scene.person[kept]
        told = np.isin(events["op"], (Op.APPEND, Op.DELIVER))
        self._told, self._told_person = events[told], person[told]
        self._born: dict[int, float] = {}
        for place, t in zip(events["place"][::-1].tolist(), events["t"][::-1].tolist(), strict=True):
            self._born[place] = t
        self._by_conn = _index(self._told, self._told["conn"])
        self._by_person = _index(self._told, self._told_person)
        self.first_asked = _first_asked(events, person)

    def predecessors(self, new: int, askers: list[tuple[float, int, int]]) -> dict[Pair, float]:
        """The places that the readers of ``new`` came from, with scores."""
        votes: dict[int, float] = defaultdict(float)
        for t, conn, person in askers:
            for keys, key, worth in ((self._by_conn, conn, 1.0), (self._by_person, person, PERSON)):
                touched = self._touched(keys, key, t, new) if key != NOBODY else set()
                for old in touched:
                    votes[old] += worth / len(touched)
                if touched:
                    break
        if not votes:
            low, high = np.searchsorted(self._told["t"], (self._born[new] - JUST_BEFORE, self._born[new] + 0.01))
            touched = {old for old in self._told["place"][low:high].tolist() if self._born[old] < self._born[new]}
            votes = defaultdict(float, {old: ANYBODY / len(touched) for old in touched})
        readers = self._scene.readers
        found = {}
        for old, count in votes.items():
            before, after = readers.get(old, set()), readers.get(new, set())
            alike = len(before & after) / max(1, len(before | after))
            score = count / len(askers) + ALIKE * alike
            if score >= LEAST:
                found[old, new] = score
        return found

    def _touched(self, index: _Index, key: int, t: float, new: int) -> set[int]:
        """Older places in which ``key`` was handed or wrote something just before ``t``."""
        rows = index.get(key)
        if rows is None:
            return set()
        low, high = np.searchsorted(rows["t"], (t - JUST_BEFORE, t + 0.01))
        return {old for old in rows["place"][low:high].tolist() if self._born[old] < self._born[new]}


_Index = dict[int, Events]


def _index(events: Events, keys: NDArray[np.int64]) -> _Index:
    order = np.argsort(keys, kind="stable")
    events, keys = events[order], keys[order]
    found, first = np.unique(keys, return_index=True)
    last = np.append(first[1:], len(keys))[: len(first)]
    return {int(key): events[a:b] for key, a, b in zip(found, first, last, strict=True)}


def _first_asked(events: Events, person: NDArray[np.int64]) -> dict[int, list[tuple[float, int, int]]]:
    """For each place the first question of each of its readers: time, connection, person."""
    asked = events["op"] == Op.READ
    rows, persons = events[asked], person[asked]
    who = np.where(persons != NOBODY, persons, -2 - rows["conn"])
    _, first = np.unique(np.stack([rows["place"], who], axis=1), axis=0, return_index=True)
    found: dict[int, list[tuple[float, int, int]]] = defaultdict(list)
    for at in np.sort(first).tolist():
        found[int(rows["place"][at])].append((float(rows["t"][at]), int(rows["conn"][at]), int(persons[at])))
    return dict(found)
