"""Who is at an address when something is asked from there, and whose room it then is: the attack on V4.

Every request goes on a connection of its own, but while somebody is there the connection that reads their inbox is open
at the same address. So each request for a room's box is a vote for the people who are seen there in that moment: often
for one, in a household or an office for several. Which of several it was is estimated for each room (`mixture`).
"""

from __future__ import annotations

import numpy as np

from bench.leakage.attackers.mixture import Votes, for_two
from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Op


def at_addresses(scene: Scene) -> Pairs:
    """Pairs by who is where each room's boxes are read and written."""
    return for_two(votes(scene).explained())


def votes(scene: Scene) -> Votes:
    """Each request for a place that is no inbox, for the people who were at its address then."""
    events, owner = scene.seen.events, scene.inboxes.owner
    fits = np.isin(events["op"], (Op.READ, Op.APPEND)) & (events["place"] != NOBODY) & (events["addr"] != NOBODY)
    asked = events[fits & ~np.isin(events["place"], list(owner))]
    sets, which = scene.present.at(asked["addr"], asked["t"])
    alike, times = np.unique(np.stack([asked["place"], which], axis=1)[which > 0], axis=0, return_counts=True)
    sizes = np.array([len(one) for one in sets], np.int64)[alike[:, 1]]
    people = [person for number in alike[:, 1].tolist() for person in sorted(sets[number])]
    vote = np.repeat(np.arange(len(alike)), sizes)
    return Votes(alike[:, 0], times.astype(np.float64), vote, np.array(people, np.int64), np.ones(len(vote)))
