"""Which two people a room is for, by who is there whenever it is read, and by what it was born of.

A room for two is read when one of the two is there and at no other time; each moment leaves out everybody else who is
away then. For every two people: how likely all these moments are, if reads come equally often while either is there
and never else (an intersection attack, Berthold and Langos, PET 2002, as a likelihood over pairs rather than a cut).
That needs no address and no size.

A friendship that somebody asks for is told in an inbox, and a room for the two begins soon after anyone who was asked
can have seen it. So of a room that begins then, one of the two is likely known (`after_requests`), wherever the answer
goes: this attack is for answers that do not come into inboxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.first_contact import starts
from bench.leakage.attackers.scene import Scene
from bench.leakage.attackers.spans import Spans
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair
from bench.leakage.views import View

APART: Final = 4.0
"""Seconds between two moments that count: what comes sooner was caused by a digest."""
SLACK: Final = 5.0
"""Seconds that somebody counts as there before we saw it, and after."""
LEAST_S: Final = 60.0
"""Seconds that everybody counts as there, so that it is never nothing."""
NOBODY_THERE: Final = 0.01
"""What a moment counts at which neither is there."""
FEWEST: Final = 6
"""Moments without which a room says nothing by itself."""
KNOWN: Final = 1_000.0
"""So many times likelier is a pair with somebody who was just asked, shared among all who were."""
ANSWERS: Final = 66.0
"""Seconds within which anyone who was asked says yes."""
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


def _guess(scene: Scene, asked: Mapping[int, Mapping[int, float]], fewest: int) -> Pairs:
    if scene.seen.view in {View.DISK, View.MEMORY} or not scene.weights:
        return Pairs.none()
    there = scene.inboxes.there
    people = sorted(person for person, spans in there.items() if spans)
    spans = Spans(there, people, SLACK)
    found: dict[Pair, float] = defaultdict(float)
    for place, events in _rooms(scene):
        t = _spread(events["t"])
        if len(t) >= fewest:
            for (one, two), likely in _likely(t, spans, _of(people, asked.get(place, {}))):
                found[people[one], people[two]] += likely * float(np.log1p(len(t)))
    return Pairs.of(dict(sorted(found.items())))


def _spread(times: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = [float(times[0])]
    for t in times[1:].tolist():
        if t - kept[-1] >= APART:
            kept.append(t)
    return np.array(kept)


def _of(people: list[int], known: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([known.get(person, 0.0) for person in people])


def _likely(t: NDArray[np.float64], spans: Spans, known: NDArray[np.float64]) -> Iterator[tuple[Pair, float]]:
    """How likely each two people are those who read at these moments."""
    there = spans.there(t)
    often = there.sum(axis=0)
    chosen = np.union1d(np.argsort(-often, kind="stable")[:CROWD], np.flatnonzero(known))
    if len(chosen) < 2:
        return
    seconds = LEAST_S + spans.seconds(float(t[0]), float(t[-1]))[chosen]
    one, two = np.triu_indices(len(chosen), 1)
    both = (there[:, chosen].T.astype(np.float64) @ there[:, chosen])[one, two]
    either = often[chosen][one] + often[chosen][two] - 2 * both
    score = both * np.log(2 + NOBODY_THERE) + either * np.log(1 + NOBODY_THERE)
    score += (len(t) - both - either) * np.log(NOBODY_THERE)
    score += np.log1p(known[chosen][one] + known[chosen][two]) - len(t) * np.log(seconds[one] + seconds[two])
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    for at in np.flatnonzero(likely > LEAST).tolist():
        yield (int(chosen[one[at]]), int(chosen[two[at]])), float(likely[at])
