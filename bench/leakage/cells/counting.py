"""What clients ask for, counted: requests of one account a day, and how soon what is put into a box is read."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.trace import Events, Op, Recording

SOON: Final = 600.0
"""What is read later than so many seconds after it came waited for somebody who was away."""


def counted(recording: Recording, days: int) -> dict[str, float]:
    """By kind: what one account asks for a day on average; and in seconds, how soon things are read in the middle."""
    live = recording.live
    inbox = np.isin(live["place"], list(recording.directory))
    kinds = {
        "frames written": (live["op"] == Op.APPEND) & ~inbox,
        "reads of rooms": (live["op"] == Op.READ) & ~inbox,
        "letters": (live["op"] == Op.APPEND) & inbox,
        "reads of inboxes": (live["op"] == Op.READ) & inbox,
        "look-ups": live["op"] == Op.LOOKUP,
    }
    found = {kind: round(float(of.sum()) / (recording.truth.accounts * days), 2) for kind, of in kinds.items()}
    used = np.isin(live["op"], (Op.APPEND, Op.READ, Op.DELIVER))
    found["seconds until a frame is read"] = round(until_read(live[used & ~inbox]), 2)
    found["seconds until a letter is read"] = round(until_read(live[used & inbox]), 2)
    return found


def until_read(events: Events) -> float:
    """Of what is put into boxes and read within `SOON`, the median of the seconds until it is first handed out, or
    asked for where nothing shows what is handed out; 0 if nothing is.
    """
    order = np.lexsort((events["t"], events["place"]))
    t, op, place = (events[name][order] for name in ("t", "op", "place"))
    gets = np.isin(op, (Op.DELIVER,)) if np.any(op == Op.DELIVER) else op == Op.READ
    following = _following(gets)
    puts = np.flatnonzero((op == Op.APPEND) & (following < len(t)))
    after = following[puts]
    waits = (t[after] - t[puts])[place[after] == place[puts]]
    waits = waits[waits <= SOON]
    return float(np.median(waits)) if len(waits) else 0.0


def _following(these: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row the number of the next of ``these``; the number of rows if there is none."""
    at = np.where(these, np.arange(len(these)), len(these))
    return np.minimum.accumulate(at[::-1])[::-1]
