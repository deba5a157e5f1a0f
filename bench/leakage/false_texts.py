"""Cover traffic that delays nothing, for `bench.leakage.imitation`: false texts at drawn moments.

No design does this. While somebody is online, what a text of others looked like passes now and then among their own
traffic. Real traffic does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from bench.leakage.activity import SECONDS, Activity, Moment, Windows, describe, spans_of
from bench.leakage.society import Society
from bench.leakage.trace import EVENT, Events

A_TEXT_S: Final = 1.0
"""What passes within this time of a text's being written is the text, with what a device reads after it."""


def texts(traffic: Mapping[int, Events], begun: Iterable[Moment]) -> list[Events]:
    """What passed for each text, with times from its being written; texts for which nothing passed are left out."""
    found = []
    for moment in begun:
        if moment.activity is Activity.TEXT and moment.account in traffic:
            events = traffic[moment.account]
            low, high = np.searchsorted(events["t"], (moment.t, moment.t + A_TEXT_S))
            if high > low:
                found.append(_later(events[low:high], -moment.t))
    return found


def cut_with_false_texts(
    society: Society,
    traffic: Mapping[int, Events],
    begun: Sequence[Moment],
    donors: Sequence[Events],
    *,
    every_s: float,
    seed: int = 0,
) -> Windows:
    """The window of each moment, with false texts every ``every_s`` seconds on average while the account is online.

    A false text is one of ``donors``. They are drawn for each window: windows that overlap have different ones.
    """
    dice = np.random.default_rng(seed)
    end = max((moment.t for moment in begun), default=0.0) + SECONDS
    online = spans_of(society, {moment.account for moment in begun}, end)
    nothing: Events = np.empty(0, EVENT)
    features = []
    for moment in begun:
        low, high = moment.t - A_TEXT_S, moment.t + SECONDS
        times = dice.uniform(low, high, dice.poisson((high - low) / every_s))
        false = [
            _later(donors[int(dice.integers(len(donors)))], t)
            for t in times.tolist()
            if any(first <= t < last for first, last in online[moment.account])
        ]
        events = traffic.get(moment.account, nothing)
        here = events[slice(*np.searchsorted(events["t"], (low, high)))]
        together = np.concatenate([here, *false])
        features.append(describe(together[np.argsort(together["t"], kind="stable")], moment.t))
    return Windows(
        np.array(features),
        np.array([str(moment.activity) for moment in begun]),
        np.array([moment.account for moment in begun], np.int64),
    )


def _later(events: Events, seconds: float) -> Events:
    moved = events.copy()
    moved["t"] += seconds
    return moved
