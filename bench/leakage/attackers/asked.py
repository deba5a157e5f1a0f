"""Who asked whom to talk, by what the directory is asked, and by no address.

A relay is its people's directory too, unless somebody else keeps that, and then anyone who watches it sees both: a
request comes into an inbox, whose owner is on the card, and before long the device that got it asks the record about
anyone who asks. Left out are look-ups by those who are about to write to that very inbox, and those with which a device
that just came looks after its own handle.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Op, Pair
from bench.leakage.views import Seen

SOONEST: Final = 3.0
LATEST: Final = 66.0
"""Seconds after a request came to its device within which the record is asked who that is."""
WRITTEN: Final = 2.0
"""Anyone who is looked up to be written to is written to within so long."""
COMING: Final = 4.0
"""Within so long of coming a device looks after its own handle."""


def by_look_ups(seen: Seen) -> Pairs:
    """Pairs of accounts: of each look-up the handle's owner, and those whom a request came to just before, each in
    part. A request is what is as large as the largest that comes into an inbox.
    """
    events, owner = seen.events, seen.directory
    inbox = np.isin(events["place"], list(owner))
    written = events[inbox & (events["op"] == Op.APPEND)]
    came = events[inbox & (events["op"] == Op.DELIVER) & (events["size"] == written["size"].max(initial=0))]
    came_to = np.array([owner[place] for place in came["place"].tolist()], np.int64)
    to = np.array([owner[place] for place in written["place"].tolist()], np.int64)
    written_at, came_at = written["t"].copy(), came["t"].copy()  # a search of what is no array by itself copies it
    begun = _begun(seen)
    found: dict[Pair, float] = defaultdict(float)
    for look_up in events[(events["op"] == Op.LOOKUP) & (events["who"] == NOBODY)]:
        t, asked = float(look_up["t"]), int(look_up["place"])
        first, last = np.searchsorted(written_at, (t - 0.05, t + WRITTEN))
        if asked in to[first:last] or np.any(np.abs(begun.get(asked, np.empty(0)) - t) < COMING):
            continue
        first, last = np.searchsorted(came_at, (t - LATEST, t - SOONEST))
        people = sorted(set(came_to[first:last].tolist()) - {asked})
        for person in people:
            found[min(person, asked), max(person, asked)] += 1.0 / len(people)
    return Pairs.of(dict(sorted(found.items())))


def _begun(seen: Seen) -> dict[int, NDArray[np.float64]]:
    """For each owner of an inbox, when connections began to read it."""
    events, owner = seen.events, seen.directory
    reads = events[(events["op"] == Op.READ) & np.isin(events["place"], list(owner))]
    _, first = np.unique(reads["conn"], return_index=True)
    times: dict[int, list[float]] = defaultdict(list)
    for read in reads[np.sort(first)]:
        times[owner[int(read["place"])]].append(float(read["t"]))
    return {person: np.array(each) for person, each in times.items()}
