"""Whose cards somebody looks up, and whose inboxes they write to, from an address where they are seen.

Nobody says who they are to the directory (V5), and a letter into an inbox (V4) names no sender; but both come from an
address where, in that moment, the connection is open on which somebody reads an inbox (`addresses`). One who looks up a
card, or writes into an inbox, knows its owner. A question or letter that several could have sent counts for each in
part, and what comes again and again less each time: an intersection in its plainest form (Danezis, SEC 2003).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op, Pair


def look_ups(scene: Scene) -> Pairs:
    """Pairs by how often one, as far as addresses tell, looks up the other's card."""
    events = scene.seen.events
    asked = events[(events["op"] == Op.LOOKUP) & (events["who"] == NOBODY) & (events["addr"] != NOBODY)]
    return _known(scene, asked, {card: card for card in np.unique(asked["place"]).tolist()})


def letters(scene: Scene) -> Pairs:
    """Pairs by how often one, as far as addresses tell, writes into the other's inbox, and to nobody else then."""
    its = scene.inboxes
    return _known(scene, its.events[its.lone & (its.events["addr"] != NOBODY)], its.owner)


def _known(scene: Scene, asked: Events, owner: Mapping[int, int]) -> Pairs:
    """Pairs of the owner of what was asked for, and of who is seen where it was asked; not if that is the owner."""
    sets, which = scene.present.at(asked["addr"], asked["t"])
    count: dict[Pair, float] = defaultdict(float)
    for place, number in zip(asked["place"].tolist(), which.tolist(), strict=True):
        if owner[place] not in sets[number]:
            for person in sorted(sets[number]):
                count[person, owner[place]] += 1.0 / len(sets[number])
    found: dict[Pair, float] = defaultdict(float)
    for (one, two), often in sorted(count.items()):
        found[min(one, two), max(one, two)] += float(np.log1p(often))
    return Pairs.of(found)
