"""What every attack works on: the events with a person of the cast beside each, and who reads and writes where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.inboxes import Inboxes, inboxes
from bench.leakage.attackers.presence import Hours, members
from bench.leakage.attackers.present import Present
from bench.leakage.guess import Cast, Pairs
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import WATCHED, Seen

MAILBOXES: Final = 0.8
"""Share of places with one reader from which on a design is one of mailboxes."""
AT_ONCE: Final = 0.012
"""Seconds between writes of one fan-out."""


@dataclass
class Scene:
    """One view, with a cast. Everything else is computed when an attack asks for it."""

    seen: Seen
    cast: Cast
    guesses: dict[str, Pairs] = field(default_factory=dict)
    """What attackers have said of it already."""
    weights: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    """For a design of single requests: how much each person has to do with each place (`presence`)."""
    hours: Hours = field(default_factory=dict)
    """For such a design: when each person is there."""

    @cached_property
    def person(self) -> NDArray[np.int64]:
        """The person who acts in each event, as far as known."""
        events = self.seen.events
        top = int(max(events["conn"].max(initial=0), max(self.cast.conns, default=0)))
        table = np.full(top + 2, NOBODY, np.int64)
        for conn, person in self.cast.conns.items():
            table[conn] = person
        found = np.where(events["conn"] >= 0, table[events["conn"]], NOBODY)
        return np.where(events["who"] != NOBODY, events["who"], found).astype(np.int64)

    @cached_property
    def readers(self) -> dict[int, set[int]]:
        """Who reads each place, or is addressed there."""
        events = self.seen.events
        found: dict[int, set[int]] = defaultdict(set)
        reads = np.isin(events["op"], (Op.READ, Op.DELIVER)) & (events["place"] != NOBODY)
        _gather(found, events["place"][reads], self.person[reads])
        named = (events["op"] == Op.APPEND) & (events["place"] != NOBODY) & (events["to"] != NOBODY)
        _gather(found, events["place"][named], events["to"][named])
        for place, person in self.cast.places.items():
            found[place].add(person)
        for place, persons in members(self.weights).items():
            found[place] |= persons
        return dict(found)

    @cached_property
    def addressed(self) -> frozenset[int]:
        """Places whose owner the design itself names with everything that comes."""
        events = self.seen.events
        placed = events["place"] != NOBODY
        named = placed & (events["to"] != NOBODY)
        nameless = placed & (events["op"] == Op.APPEND) & (events["to"] == NOBODY)
        return frozenset(set(events["place"][named].tolist()) - set(events["place"][nameless].tolist()))

    @cached_property
    def rooms_are_shared(self) -> bool:
        """Whether people meet in places, rather than write into one another's."""
        places = [place for place in self.readers if place not in self.cast.places]
        return sum(place in self.owner for place in places) <= MAILBOXES * len(places)

    @cached_property
    def writers(self) -> dict[int, dict[int, int]]:
        """How often each person writes to each place."""
        events = self.seen.events
        writes = (events["op"] == Op.APPEND) & (events["place"] != NOBODY) & (self.person != NOBODY)
        keys = np.stack([events["place"][writes], self.person[writes]], axis=1)
        pairs, counts = np.unique(keys, axis=0, return_counts=True)
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for (place, person), count in zip(pairs.tolist(), counts.tolist(), strict=True):
            found[place][person] = count
        return dict(found)

    @cached_property
    def owner(self) -> dict[int, int]:
        """The one reader of each place that has one."""
        return {place: next(iter(readers)) for place, readers in self.readers.items() if len(readers) == 1}

    @cached_property
    def inboxes(self) -> Inboxes:
        """Those whose owner is known by a name or a pseudonym; none in views of what is at rest, nor where a design has
        no inboxes.
        """
        watched = self.seen.mailboxes if self.seen.view in WATCHED else frozenset[int]()
        known = self.owner | dict(self.cast.places)
        return inboxes(self.seen, {place: known[place] for place in sorted(watched) if place in known})

    @cached_property
    def present(self) -> Present:
        """Whose inbox is read at which address, where addresses are seen."""
        return Present(self.seen, self.inboxes.owner)

    @cached_property
    def bursts(self) -> NDArray[np.int64]:
        """For each write, in time, the number of the fan-out it belongs to: one sender's writes in one breath."""
        events = self.seen.events[self.seen.events["op"] == Op.APPEND]
        fresh = np.ones(len(events), bool)
        if len(events) > 1:
            same = (events["conn"][1:] == events["conn"][:-1]) & (events["size"][1:] == events["size"][:-1])
            near = np.diff(events["t"]) <= AT_ONCE
            other = events["place"][1:] != events["place"][:-1]
            fresh[1:] = ~(same & near & other)
        return np.cumsum(fresh) - 1

    @cached_property
    def fanout(self) -> NDArray[np.int64]:
        """For each write how many its fan-out has."""
        return np.bincount(self.bursts)[self.bursts] if len(self.bursts) else np.empty(0, np.int64)


def _gather(found: dict[int, set[int]], places: NDArray[np.int64], persons: NDArray[np.int64]) -> None:
    known = persons != NOBODY
    for place, person in np.unique(np.stack([places[known], persons[known]], axis=1), axis=0).tolist():
        found[place].add(person)
