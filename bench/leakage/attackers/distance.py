"""Who is as far away: requests that are told apart by how long a device's words are on their way.

What passes from the opening of a connection to the first word on it, and from the answer to the end, is a way from or
to the device. How long a person's ways are shows on the connection that reads their inbox; each request for a room's
box is a vote for those whose inboxes are being read in that moment, the likelier the more alike the ways are. Who it
was is estimated for each room (`mixture`). That devices can be told by such traits of time is old (Kohno, Broido and
Claffy, IEEE S&P 2005; Hopper, Vasserman and Chan-Tin, TISSEC 2010, on latency through Tor). By how much the ways of one
person differ is learned from inboxes: it may be nothing, or so much that it tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.mixture import Votes, for_two
from bench.leakage.attackers.present import SLACK
from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Events, Op

LEAST: Final = 0.0003
"""Seconds by which two ways of one device differ at least."""
FAR: Final = 5.0
"""So many times what ways differ by, they are of different devices."""
BRIEF: Final = 5.0
"""Seconds that a connection for one request lasts at most."""
ROUND: Final = 600.0
"""Seconds that are looked at together."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Connections: from, until, the way there and back, and the place that is asked for first."""

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    way: NDArray[np.float64]
    back: NDArray[np.float64]
    place: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Requests:
        """Some of them."""
        return Requests(self.begin[which], self.end[which], self.way[which], self.back[which], self.place[which])


def same_distance(scene: Scene) -> Pairs:
    """Pairs by who is as far away as those who read and write each room's boxes, as their inboxes' connections say."""
    owner, all_of_them = scene.inboxes.owner, _requests(scene.seen.events)
    own = np.isin(all_of_them.place, list(owner))
    inbox, asked = all_of_them.only(own), all_of_them.only(~own & (all_of_them.end - all_of_them.begin <= BRIEF))
    person = np.array([owner[place] for place in inbox.place.tolist()], np.int64)
    vote, which, likely = _near(inbox, asked, _differ(inbox.way, person))
    return for_two(Votes(asked.place, np.ones(len(asked.place)), vote, person[which], likely).explained())


def _requests(events: Events) -> Requests:
    """Every connection on which something is read or written, by the first of it."""
    ends = []
    for op in (Op.OPEN, Op.CLOSE):
        rows = events[events["op"] == op]
        table = np.full(int(events["conn"].max(initial=0)) + 1, np.inf)
        table[rows["conn"]] = rows["t"]
        ends.append(table)
    asked = events[np.isin(events["op"], (Op.READ, Op.APPEND)) & (events["place"] != NOBODY) & (events["conn"] >= 0)]
    conn, first = np.unique(asked["conn"], return_index=True)
    begin, end, t = ends[0][conn], ends[1][conn], asked["t"][first]
    whole = np.isfinite(begin)
    back = np.where(np.isfinite(end), end, t)
    return Requests(begin, end, t - begin, back - t, asked["place"][first].astype(np.int64)).only(whole)


def _near(
    inbox: Requests, asked: Requests, differ: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each request with each inbox's connection that is open then and about as far away, and how likely they are one
    device's.
    """
    rows, columns, alike = [], [], []
    turn = (asked.begin / ROUND).astype(np.int64)
    for each in np.unique(turn).tolist():
        here = np.flatnonzero(turn == each)
        open_then = np.flatnonzero(
            (inbox.begin - SLACK[0] <= (each + 1) * ROUND) & (inbox.end + SLACK[1] >= each * ROUND)
        )
        one, two = asked.only(here), inbox.only(open_then)
        apart = ((one.way[:, None] - two.way) ** 2 + (one.back[:, None] - two.way) ** 2) / differ**2
        fits = (two.begin - SLACK[0] <= one.begin[:, None]) & (one.begin[:, None] <= two.end + SLACK[1])
        row, column = np.nonzero(fits & (apart <= 2 * FAR**2))
        rows.append(here[row])
        columns.append(open_then[column])
        alike.append(np.exp(-0.5 * apart[row, column]))
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(alike)


def _differ(way: NDArray[np.float64], person: NDArray[np.int64]) -> float:
    """By how much two ways of one person differ, typically."""
    apart = [np.abs(np.diff(way[person == one])) for one in np.unique(person).tolist()]
    return max([LEAST, float(np.median([np.median(each) for each in apart if len(each)] or [LEAST]))])
