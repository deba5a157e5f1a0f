"""What a design costs anyone who uses it: bytes, connections, and how long a frame takes to a reader who is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.society import DAY
from bench.leakage.trace import Events, Op, Recording

CARRIES: Final = (Op.APPEND, Op.DELIVER, Op.PUT_BLOB, Op.GET_BLOB)
REJOINING: Final = 600.0
"""Anyone who gets a frame later than this was away; that is no delay."""


@dataclass(frozen=True, slots=True)
class Price:
    """For each account and day: bytes up and down, and connections. ``median`` and ``slow`` (90 of 100): seconds."""

    design: str
    seed: int
    bytes: float
    connections: float
    median: float
    slow: float


def price(recording: Recording, days: float, seed: int) -> Price:
    """What was paid in one society."""
    live = recording.live
    account_days = max(1.0, recording.truth.accounts * days)
    carried = live["size"][np.isin(live["op"], CARRIES) & (live["size"] > 0)]
    waits = delays(live)
    median, slow = np.quantile(waits, (0.5, 0.9)) if len(waits) else (0.0, 0.0)
    opened = np.count_nonzero(live["op"] == Op.OPEN)
    return Price(
        recording.design,
        seed,
        float(carried.sum() / account_days),
        float(opened / account_days),
        float(median),
        float(slow),
    )


def delays(live: Events) -> NDArray[np.float64]:
    """Seconds from each append to each delivery of it to somebody who was there.

    Of several frames that are handed out together, the last is the newest of the place, the one before it the one
    before, and so on.
    """
    appended = live[live["op"] == Op.APPEND]
    appended = appended[np.lexsort((appended["t"], appended["place"]))]
    handed = live[live["op"] == Op.DELIVER]
    handed = handed[np.lexsort((handed["t"], handed["place"], handed["conn"]))]
    if not len(appended) or not len(handed):
        return np.empty(0)
    key, ask = _keys(appended), _keys(handed)
    newest = np.searchsorted(key, ask, side="right") - 1
    which = newest - _still_to_come(handed)
    good = (which >= 0) & (newest >= 0)
    good[good] &= appended["place"][which[good]] == handed["place"][good]
    waits = handed["t"][good] - appended["t"][which[good]]
    return np.asarray(waits[waits <= REJOINING])


def _keys(events: Events) -> NDArray[np.float64]:
    """Place and time in one number; the society lasts far less than `SPAN`."""
    return np.asarray(events["place"].astype(np.float64) * SPAN + events["t"])


SPAN: Final = 1e4 * DAY


def _still_to_come(handed: Events) -> NDArray[np.int64]:
    """For each delivery how many more of the same place come over the same connection at the same moment."""
    moment = np.round(handed["t"], 3)
    change = np.ones(len(handed), bool)
    change[:-1] = (np.diff(handed["conn"]) != 0) | (np.diff(handed["place"]) != 0) | (np.diff(moment) != 0)
    end = np.flatnonzero(change)
    return np.asarray(end[np.searchsorted(end, np.arange(len(handed)))] - np.arange(len(handed)))
