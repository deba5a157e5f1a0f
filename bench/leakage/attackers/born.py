"""Which two people a room is for, by who is there whenever it is read, and by what it was born of.

A room for two is read when one of the two is there and at no other time; each moment leaves out everybody else who is
away then. For every two people: how likely all these moments are, if reads come equally often while either is there
and never else (an intersection attack, Berthold and Langos, PET 2002, as a likelihood over pairs rather than a cut).
That needs no address and no size.

A friendship that somebody asks for is told in an inbox, and a room for the two begins soon after whoever was asked can
have seen it. So of a room that begins then, one of the two is likely known (`after_requests`), wherever the answer
goes: this attack is for answers that do not come into inboxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.first_contact import starts
from bench.leakage.attackers.present import within
from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair
from bench.leakage.views import View

APART: Final = 4.0
"""Seconds between two moments that count: what comes sooner was rung for."""
SLACK: Final = 5.0
"""Seconds that somebody counts as there before we saw it, and after."""
NOBODY_THERE: Final = 0.01
"""What a moment counts at which neither is there."""
FEWEST: Final = 6
"""Moments without which a room says nothing by itself."""
KNOWN: Final = 1_000.0
"""So many times likelier is a pair with somebody who was just asked, shared among all who were."""
ANSWERS: Final = 66.0
"""Seconds within which whoever was asked says yes."""
CROWD: Final = 80
"""Of more people, those are looked at who are there at most of a room's moments."""
LEAST: Final = 1e-3
"""Pairs less likely than this are not named."""


def two_present(scene: Scene) -> Pairs:
    """Pairs by how well each room's moments fit the two."""
    return _guess(scene, {}, FEWEST)


def after_requests(scene: Scene) -> Pairs:
    """The same, with one of the two known of rooms that began when somebody had been asked."""
    its = scene.inboxes
    seen = starts(its)
    largest = its.events["size"] == its.events["size"].max(initial=0)
    asked: dict[int, dict[int, float]] = {}
    for place, events in _rooms(scene):
        written = events["t"][events["op"] == Op.APPEND]
        if len(written):
            near = largest & (seen <= written[0]) & (seen >= written[0] - ANSWERS)
            people = np.unique(its.person[near]).tolist()
            asked[place] = {person: KNOWN / len(people) for person in people}
    return _guess(scene, asked, 1)


def _rooms(scene: Scene) -> Iterator[tuple[int, Events]]:
    """What is read and written in each room, in order; only where a design has inboxes that show who is there."""
    events, owner = scene.seen.events, scene.inboxes.owner
    fits = np.isin(events["op"], (Op.READ, Op.APPEND)) & (events["place"] != NOBODY)
    kept = events[fits & ~np.isin(events["place"], list(owner))]
    kept = kept[np.lexsort((kept["t"], kept["place"]))]
    if owner and len(kept):
        places, first = np.unique(kept["place"], return_index=True)
        yield from zip(places.tolist(), np.split(kept, first[1:]), strict=True)


@dataclass(frozen=True, slots=True)
class _There:
    """When somebody is there: begins, and ends that never fall."""

    begins: NDArray[np.float64]
    ends: NDArray[np.float64]

    def at(self, t: NDArray[np.float64]) -> NDArray[np.bool_]:
        return within(t, self.begins, self.ends)

    def seconds(self, low: float, high: float) -> float:
        """How long, between two moments; a minute more, so that it is never nothing."""
        return 60.0 + float(np.clip(np.minimum(self.ends, high) - np.maximum(self.begins, low), 0.0, None).sum())


def _guess(scene: Scene, asked: Mapping[int, Mapping[int, float]], fewest: int) -> Pairs:
    if scene.seen.view in {View.DISK, View.MEMORY} or not scene.weights:
        return Pairs.none()
    hours = {}
    for person, spans in scene.inboxes.there.items():
        if spans:
            begins, ends = np.array(spans, np.float64).T
            hours[person] = _There(begins - SLACK, np.maximum.accumulate(ends + SLACK))
    found: dict[Pair, float] = defaultdict(float)
    for place, events in _rooms(scene):
        t = _spread(events["t"])
        if len(t) >= fewest:
            for pair, likely in _likely(t, hours, asked.get(place, {})):
                found[pair] += likely * float(np.log1p(len(t)))
    return Pairs.of(dict(sorted(found.items())))


def _spread(times: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = [float(times[0])]
    for t in times[1:].tolist():
        if t - kept[-1] >= APART:
            kept.append(t)
    return np.array(kept)


def _likely(
    t: NDArray[np.float64], hours: Mapping[int, _There], known: Mapping[int, float]
) -> Iterator[tuple[Pair, float]]:
    """How likely each two people are those who read at these moments."""
    there = {person: one.at(t) for person, one in hours.items()}
    most = sorted(there, key=lambda person: (-int(there[person].sum()), person))[:CROWD]
    people = sorted({*most, *(person for person in known if person in there)})
    if len(people) < 2:
        return
    table = np.stack([there[person] for person in people], axis=1).astype(np.float64)
    seconds = np.array([hours[person].seconds(float(t[0]), float(t[-1])) for person in people])
    before = np.array([known.get(person, 0.0) for person in people])
    one, two = np.triu_indices(len(people), 1)
    score = np.log(table[:, one] + table[:, two] + NOBODY_THERE).sum(axis=0)
    score += np.log1p(before[one] + before[two]) - len(t) * np.log(seconds[one] + seconds[two])
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    for at in np.flatnonzero(likely > LEAST).tolist():
        yield (people[int(one[at])], people[int(two[at])]), float(likely[at])
