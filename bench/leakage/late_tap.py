"""A tap that begins later than the society: what it misses, and who met under it.

Anyone who becomes friends while somebody watches shows more than friends of old do. In a society that begins on the day
of the tap everybody meets under it; with a tap that begins later, the two can be told apart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.leakage.society import Society
from bench.leakage.trace import Op, Pair, Recording
from bench.leakage.views import Seen


def late(seen: Seen, t: float) -> Seen:
    """Without what passed before ``t``. A connection that was open then, and what was asked on it to wait, is seen as
    if it began there: a tap sees that it is, and a device that waits asks again within minutes.
    """
    events = seen.events
    before, after = events[events["t"] < t], events[events["t"] >= t]
    ended = np.unique(before["conn"][before["op"] == Op.CLOSE])
    still = np.isin(before["op"], (Op.OPEN, Op.READ)) & ~np.isin(before["conn"], ended) & (before["conn"] >= 0)
    held = before[still]
    held["t"] = t
    return replace(seen, events=np.concatenate([held, after]))


def met_since(recording: Recording, society: Society, t: float) -> frozenset[Pair]:
    """The pairs who talk, and whose room for two was first seen in use at ``t`` or later."""
    live, room_of = recording.live, recording.truth.room_of
    places, first = np.unique(live["place"][live["op"] != Op.LOOKUP], return_index=True)
    times = live["t"][live["op"] != Op.LOOKUP][first]
    begun: dict[int, float] = {}
    for place, when in zip(places.tolist(), times.tolist(), strict=True):
        if place in room_of:
            begun[room_of[place]] = min(when, begun.get(room_of[place], np.inf))
    met = set()
    for room in society.rooms:
        if room.pair and begun.get(room.number, room.created) >= t:
            low, high = sorted((room.creator, *room.founders))
            met.add((low, high))
    return frozenset(met) & recording.truth.talks
