"""Which place follows which in one room, where every request goes on a connection of its own: by when they are used.

A room moves with the last word in its old place, and its readers look into the new one within a minute or so. A place
that is first used just after the last write to another, to which almost nothing is written later, follows it: the
sooner the likelier, where few rooms move at a time. Each place gets at most one successor and one predecessor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.presence import times_of
from bench.leakage.guess import Cast
from bench.leakage.trace import Op, Pair
from bench.leakage.views import Seen

WITHIN: Final = 240.0
"""Seconds from the last write to the old place to the first use of the new one, at most."""
MINUTE: Final = 60.0
LATER: Final = 0.5
"""What each write to the old place after that costs, in minutes; and `OFTEN` if they outnumber those before."""
OFTEN: Final = 3.0
WORST: Final = 4.0


def follow(seen: Seen, cast: Cast) -> frozenset[Pair]:
    """The likeliest successions."""
    written, read = times_of(seen, Op.APPEND), times_of(seen, Op.READ)
    places = sorted(set(written) - set(cast.places))
    begun = {place: min(written[place][0], *read.get(place, written[place])[:1]) for place in places}
    order = sorted(places, key=lambda place: (begun[place], place))
    ranked: list[tuple[float, int, int]] = []
    turn = {place: at for at, place in enumerate(order)}
    whose, when = _all_writes(written, order)
    for new in order:
        low, high = np.searchsorted(when, (begun[new] - WITHIN, begun[new]))
        for old in np.unique(whose[low:high]).tolist():
            if turn[old] < turn[new]:
                times = written[old]
                before = int(np.searchsorted(times, begun[new]))
                gap, later = begun[new] - times[before - 1], len(times) - before
                ranked.append((float(gap / MINUTE + LATER * later + OFTEN * later / (1 + before)), old, new))
    followers: dict[int, int] = {}
    preceded: set[int] = set()
    for cost, old, new in sorted(ranked):
        if cost <= WORST and old not in followers and new not in preceded:
            followers[old] = new
            preceded.add(new)
    return frozenset(followers.items())


def _all_writes(
    written: Mapping[int, NDArray[np.float64]], places: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every write to these places in the order of time: to which, and when."""
    if not places:
        return np.empty(0, np.int64), np.empty(0)
    when = np.concatenate([written[place] for place in places])
    whose = np.repeat(np.array(places, np.int64), [len(written[place]) for place in places])
    order = np.argsort(when, kind="stable")
    return whose[order], when[order]
