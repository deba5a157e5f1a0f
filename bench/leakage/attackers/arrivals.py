"""Who reads a place, by what its reads follow: for designs in which every request goes on a connection of its own.

Somebody writes, and anyone who is there looks: those reads count who is there. All others are of devices that were away
and look what they missed, or that look now and then: those say who has just come. Either way, as in `presence`, what
is seen of a place is explained as a sum over people, with weights that are not negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.explained import explain
from bench.leakage.attackers.presence import FEWEST, Hours, Weights, times_of
from bench.leakage.attackers.spans import Spans
from bench.leakage.guess import Cast
from bench.leakage.trace import Op
from bench.leakage.views import Seen

FOLLOWS: Final = 8.0
"""Seconds within which a read follows a write."""
LOOKS: Final = 5.0
"""Seconds after which somebody who comes has looked into a place, on average."""
ROUND: Final = 300.0
"""Seconds of a round."""
NOW_AND_THEN: Final = 1_200.0
"""Seconds between two looks of somebody who is there, about."""
SLACK: Final = 45.0
"""Seconds that somebody was there before we saw it, or is after."""


def by_writes(seen: Seen, cast: Cast, hours: Hours) -> Weights:
    """For each place who was there when somebody wrote to it, weighed by how many looked."""
    written, read = times_of(seen, Op.APPEND), times_of(seen, Op.READ)
    people = sorted(hours)
    spans, found = Spans(hours, people, SLACK), {}
    for place in sorted(set(written) - set(cast.places)):
        times = _spread(written[place])
        looks = read.get(place, np.empty(0))
        counts = np.searchsorted(looks, times + FOLLOWS) - np.searchsorted(looks, times)
        found[place] = explain(spans.there(times).astype(np.float64), counts.astype(np.float64), people)
    return found


def by_arrivals(seen: Seen, cast: Cast, hours: Hours) -> Weights:
    """For each place who had come when it was read although nobody had written."""
    written, read = times_of(seen, Op.APPEND), times_of(seen, Op.READ)
    people = sorted(hours)
    rounds = int(seen.events["t"].max(initial=0.0) / ROUND) + 1
    expected = np.stack([_expected(hours[person], rounds) for person in people], axis=1) if people else None
    found: dict[int, dict[int, float]] = {}
    for place in sorted(set(read) - set(cast.places)):
        times = _unprompted(read[place], written.get(place, np.empty(0)))
        if expected is None or len(times) < FEWEST // 2:
            continue
        low, high = int(times[0] / ROUND), int(times[-1] / ROUND) + 1
        counts = np.bincount((times / ROUND).astype(np.int64), minlength=rounds).astype(np.float64)
        found[place] = explain(expected[low:high], counts[low:high], people)
    return found


def _spread(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without those that come too soon after another to tell their readers apart."""
    kept = [float(times[0])]
    for t in times[1:].tolist():
        if t - kept[-1] > FOLLOWS:
            kept.append(t)
    return np.array(kept)


def _unprompted(reads: NDArray[np.float64], writes: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(writes):
        return reads
    before = np.searchsorted(writes, reads, side="right") - 1
    return reads[(before < 0) | (reads - writes[np.maximum(before, 0)] > FOLLOWS)]


def _expected(intervals: Sequence[tuple[float, float]], rounds: int) -> NDArray[np.float64]:
    """How many looks of one person fall into each round, if the place is theirs."""
    edges = np.arange(rounds + 1) * ROUND
    found = np.zeros(rounds)
    for begin, end in intervals:
        looked = 1.0 - np.exp(-np.maximum(edges - begin, 0.0) / LOOKS)
        stayed = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0.0, None)
        found += np.diff(looked) + stayed / NOW_AND_THEN
    return found
