"""Connections that only write: whose they are, by what their writes follow, and by address and hours.

A device that answers by itself writes soon after it was handed something. Over the life of a connection only its owner
was handed something just before each of its answers (event correlation as in Bahramali et al., NDSS 2020, between the
connections of one device).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.trace import NOBODY, Events, Op
from bench.leakage.views import Seen

FOLLOWS: Final = (0.08, 1.2)
"""Seconds after a delivery in which a device's own answer comes."""
ENDS: Final = 0.01
"""Seconds within which connections of one device end, when it goes away."""
CLEAR: Final = 1.5
"""How much better the best candidate must be than the next."""
ENDED: Final = 3.0
"""How many answers an end at the same moment is worth."""


def attach(seen: Seen, conns: Mapping[int, int]) -> dict[int, int]:
    """``conns`` with the connections that only write added, where their owner is clear."""
    found = dict(conns)
    events = seen.events
    writes = events[(events["op"] == Op.APPEND) & (events["conn"] != NOBODY)]
    orphans = sorted(set(np.unique(writes["conn"]).tolist()) - set(conns))
    if not orphans:
        return found
    hints = _Hints(events, conns)
    for conn in orphans:
        owner = hints.owner(conn)
        if owner != NOBODY:
            found[conn] = owner
    return found


class _Hints:
    """What is handed to whom, who is where, and when connections end."""

    def __init__(self, events: Events, conns: Mapping[int, int]) -> None:
        table = _table(conns, int(events["conn"].max(initial=0)))
        handed = events[(events["op"] == Op.DELIVER) & (events["conn"] != NOBODY)]
        persons = table[handed["conn"]]
        self._handed_t = handed["t"][persons != NOBODY]
        self._handed = persons[persons != NOBODY]
        closed = events[events["op"] == Op.CLOSE]
        owners = table[closed["conn"]]
        self._ends_t, self._ends = closed["t"][owners != NOBODY], owners[owners != NOBODY]
        self._end = {int(conn): float(t) for conn, t in zip(closed["conn"], closed["t"], strict=True)}
        self._at: dict[int, set[int]] = defaultdict(set)
        for addr, conn in np.unique(np.stack([events["addr"].astype(np.int64), events["conn"]], axis=1), axis=0):
            if NOBODY not in {int(addr), int(conn)} and table[conn] != NOBODY:
                self._at[int(addr)].add(int(table[conn]))
        writes = events[(events["op"] == Op.APPEND) & (events["conn"] != NOBODY)]
        order = np.argsort(writes["conn"], kind="stable")
        self._writes = writes[order]

    def owner(self, conn: int) -> int:
        """Anyone who is clearly the likeliest to own ``conn``."""
        low, high = np.searchsorted(self._writes["conn"], (conn, conn + 1))
        mine = self._writes[low:high]
        here = self._at.get(int(mine["addr"][0]), set()) if mine["addr"][0] != NOBODY else None
        if here is not None and len(here) == 1:
            return next(iter(here))
        votes = self._followed(mine["t"])
        if conn in self._end:
            for person in self._ending(self._end[conn]):
                votes[person] += ENDED
        if here is not None:
            votes = {person: count for person, count in votes.items() if person in here}
        ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))[:2]
        if not ranked or (len(ranked) == 2 and ranked[0][1] < CLEAR * ranked[1][1]):
            return NOBODY
        return ranked[0][0]

    def _followed(self, times: NDArray[np.float64]) -> dict[int, float]:
        """How many of the writes came when a person's answer would come."""
        votes: dict[int, float] = defaultdict(float)
        low = np.searchsorted(self._handed_t, times - FOLLOWS[1])
        high = np.searchsorted(self._handed_t, times - FOLLOWS[0])
        for start, stop in zip(low.tolist(), high.tolist(), strict=True):
            for person in set(self._handed[start:stop].tolist()):
                votes[person] += 1
        return votes

    def _ending(self, t: float) -> set[int]:
        low, high = np.searchsorted(self._ends_t, (t - ENDS, t + ENDS))
        return set(self._ends[low:high].tolist())


def _table(conns: Mapping[int, int], top: int) -> NDArray[np.int64]:
    table = np.full(max([top, *conns]) + 1, NOBODY, np.int64)
    for conn, person in conns.items():
        table[conn] = person
    return table
