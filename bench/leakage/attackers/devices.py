"""Which connections are one device's at one time: they begin, end and move together.

A device that goes offline drops all it has in one instant, and one that comes back opens all at once. With addresses,
what happens at one address while nobody else is there is one device's too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import Seen, View

TOGETHER: Final = 1.5
"""Seconds within which connections of one device open and close, if they do both together."""
DROPPED: Final = 0.004
"""Seconds within which connections end that were dropped at once."""
NEXT: Final = 2
"""Numbers of connections that a device opens together differ by no more."""
FAR: Final = 1_000_000
CROWDED: Final = 0.02
"""Two ends of different devices fall into one window this often; with more of them the window is made smaller."""


@dataclass(slots=True)
class Session:
    """Connections that are taken for one device's, over the time they are open; ``places`` are the ones it reads."""

    begin: float
    end: float
    addr: int
    conns: list[int]
    places: set[int] = field(default_factory=set)
    name: int = NOBODY


def sessions(seen: Seen, names: Mapping[int, int]) -> list[Session]:
    """Connections that read or say whose they are, put together by device; in order of their beginning."""
    singles = _singles(seen, names)
    union = _Union([one.name for one in singles])
    _same_span(singles, union)
    _dropped_at_once(singles, union)
    if seen.view is View.MEMORY:
        _asked_together(singles, _seconds(seen), union)
    together: dict[int, Session] = {}
    for at, one in enumerate(singles):
        home = together.setdefault(union.find(at), one)
        if home is not one:
            home.conns += one.conns
            home.places |= one.places
            home.begin, home.end = min(home.begin, one.begin), max(home.end, one.end)
            home.name = max(home.name, one.name)
    return sorted(together.values(), key=lambda session: (session.begin, session.conns))


def _singles(seen: Seen, names: Mapping[int, int]) -> list[Session]:
    events = seen.events[seen.events["conn"] != NOBODY]
    events = events[np.argsort(events["conn"], kind="stable")]
    conns, first = np.unique(events["conn"], return_index=True)
    last = np.append(first[1:], len(events))[: len(first)]
    reading: dict[int, set[int]] = defaultdict(set)
    reads = events[np.isin(events["op"], (Op.READ, Op.DELIVER)) & (events["place"] != NOBODY)]
    for conn, place in distinct(reads["conn"], reads["place"]):
        reading[conn].add(place)
    found = []
    for conn, start, stop in zip(conns.tolist(), first.tolist(), last.tolist(), strict=True):
        if conn in reading or conn in names:
            end = float(events["t"][stop - 1]) if events["op"][stop - 1] == Op.CLOSE else math.inf
            begin, addr = float(events["t"][start]), int(events["addr"][start])
            found.append(Session(begin, end, addr, [conn], reading.get(conn, set()), names.get(conn, NOBODY)))
    return sorted(found, key=lambda one: (one.begin, one.conns))


def _seconds(seen: Seen) -> dict[int, set[int]]:
    """When each connection asked for something."""
    found: dict[int, set[int]] = defaultdict(set)
    for conn, t in zip(seen.events["conn"].tolist(), seen.events["t"].tolist(), strict=True):
        found[conn].add(round(t))
    return found


def distinct(one: NDArray[np.void], two: NDArray[np.void]) -> Iterable[tuple[int, int]]:
    """The different pairs of two columns."""
    pairs = np.unique(np.stack([one.astype(np.int64), two.astype(np.int64)], axis=1), axis=0)
    return [(int(a), int(b)) for a, b in pairs]


class _Union:
    """Sets that are joined, never two with different names."""

    def __init__(self, names: list[int]) -> None:
        self._above = list(range(len(names)))
        self._name = list(names)

    def find(self, one: int) -> int:
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def join(self, one: int, two: int) -> None:
        one, two = sorted((self.find(one), self.find(two)))
        names = {self._name[one], self._name[two]} - {NOBODY}
        if len(names) < 2:
            self._above[two] = one
            self._name[one] = max(self._name[one], self._name[two])


def _same_span(singles: list[Session], union: _Union) -> None:
    """Begun and ended within `TOGETHER` of one another."""
    recent: list[int] = []
    for at, one in enumerate(singles):
        recent = [old for old in recent if one.begin - singles[old].begin <= TOGETHER]
        for old in recent:
            other = singles[old]
            same_end = one.end == other.end or abs(one.end - other.end) <= TOGETHER
            if same_end and one.addr == other.addr:
                union.join(old, at)
        recent.append(at)


def _dropped_at_once(singles: list[Session], union: _Union) -> None:
    """Ended in one instant. (Many begin in one when a room is made, for all its members.)"""
    order = sorted((at for at, one in enumerate(singles) if math.isfinite(one.end)), key=lambda at: singles[at].end)
    times = np.array([singles[at].end for at in order])
    window = _window(times)
    for before, after, gap in zip(order, order[1:], np.diff(times).tolist(), strict=False):
        one, two = singles[before], singles[after]
        if gap <= window and one.addr == two.addr and not one.places & two.places:
            union.join(before, after)


def _asked_together(singles: list[Session], asked: Mapping[int, set[int]], union: _Union) -> None:
    """In memory: of one address, numbered one after the other or asking in one second, and not for the same place."""
    at_address: dict[int, list[int]] = defaultdict(list)
    for at, single in enumerate(singles):
        at_address[single.addr].append(at)
    for here in at_address.values():
        pairs = []
        for place, one in enumerate(here):
            for two in here[place + 1 :]:
                if not singles[one].places & singles[two].places:
                    apart = abs(singles[one].conns[0] - singles[two].conns[0])
                    at_once = bool(asked[singles[one].conns[0]] & asked[singles[two].conns[0]])
                    pairs.append((apart if apart <= NEXT else FAR - 10 * at_once, one, two))
        taken: set[int] = set()
        for distance, first, second in sorted(pairs):
            if distance < FAR and not {first, second} & taken:
                union.join(first, second)
                taken |= {first, second}


def _window(times: NDArray[np.float64]) -> float:
    """`DROPPED`, or less where so many things happen that coincidences are common."""
    if len(times) < 2:
        return DROPPED
    moments = 1 + int(np.count_nonzero(np.diff(times) > DROPPED))
    return float(min(DROPPED, CROWDED * (times[-1] - times[0] + 1.0) / moments))


def alone_at_address(found: list[Session]) -> None:
    """Give the sessions of an address where no two devices were ever at once a place in common."""
    at_address: dict[int, list[Session]] = defaultdict(list)
    for session in found:
        if session.addr != NOBODY:
            at_address[session.addr].append(session)
    for addr, here in at_address.items():
        if all(before.end <= after.begin + TOGETHER for before, after in pairwise(here)):
            for session in here:
                session.places.add(address_place(addr))


def address_place(addr: int) -> int:
    """A number for an address that no place has."""
    return -2 - addr
