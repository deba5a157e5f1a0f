"""Who is at an address: anyone who reads their inbox there, over a connection that is open in that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.presence import hours
from bench.leakage.guess import Cast
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import Seen

SLACK: Final = (3.0, 1.0)
"""Seconds that somebody counts as there before their inbox is asked for, and after its connection has ended."""


class Present:
    """Whose inbox is being read at which address at which time."""

    def __init__(self, seen: Seen, owner: Mapping[int, int]) -> None:
        self._at: dict[int, dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]] = defaultdict(dict)
        events = seen.events[seen.events["addr"] != NOBODY]
        asking = (events["op"] == Op.READ) & np.isin(events["place"], list(owner))
        asked = np.unique(events["addr"][asking])
        kept = events[(asking | (events["op"] == Op.CLOSE)) & np.isin(events["addr"], asked)]
        kept = kept[np.argsort(kept["addr"], kind="stable")]
        firsts = np.searchsorted(kept["addr"], asked)
        for addr, here in zip(asked.tolist(), np.split(kept, firsts[1:]) if len(asked) else (), strict=True):
            spans = hours(replace(seen, events=here), Cast({}, {}, owner))
            for person, each in spans.items():
                if each:
                    begins, ends = np.array(each).T
                    self._at[addr][person] = begins - SLACK[0], np.maximum.accumulate(ends + SLACK[1])

    def at(self, addr: NDArray[np.int64], t: NDArray[np.float64]) -> tuple[list[frozenset[int]], NDArray[np.int64]]:
        """The sets of people who occur, and for each of these addresses and times the number of its set."""
        sets: dict[frozenset[int], int] = {frozenset(): 0}
        which = np.zeros(len(addr), np.int64)
        for each, spans in self._at.items():
            rows = np.flatnonzero(addr == each)
            people = sorted(spans)
            if not len(rows):
                continue
            there = np.stack([within(t[rows], *spans[person]) for person in people], axis=1)
            found, back = np.unique(there, axis=0, return_inverse=True)
            named = [frozenset(person for person, yes in zip(people, row, strict=True) if yes) for row in found]
            numbers = np.array([sets.setdefault(one, len(sets)) for one in named], np.int64)
            which[rows] = numbers[back.ravel()]
        return list(sets), which


def within(t: NDArray[np.float64], begins: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether some span is over each time; ``ends`` never fall."""
    last = np.searchsorted(begins, t, side="right") - 1
    return np.asarray((last >= 0) & (ends[np.maximum(last, 0)] >= t))
