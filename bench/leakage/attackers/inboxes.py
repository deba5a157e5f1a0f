"""What comes into inboxes, and when their owners are there to see it: what attacks on meetings and invitations use.

An inbox is written to by strangers, so it cannot move as rooms' boxes do: it is the one place of a person that lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.presence import Hours, hours
from bench.leakage.guess import Cast
from bench.leakage.trace import Events, Op
from bench.leakage.views import Seen

AT_ONCE: Final = 0.01
"""Seconds between writes of one fan-out: what goes to several people goes in one breath."""


@dataclass(frozen=True, slots=True)
class Inboxes:
    """``owner`` of each inbox; ``there``: when owners are, as a connection is open that reads it.

    ``events``: what was written to them, in order, ``person``: to whom; ``fan``: the number of the fan-out that each is
    a part of; ``lone``: whether nothing came to anybody else in that moment.
    """

    owner: Mapping[int, int]
    there: Hours
    events: Events
    person: NDArray[np.int64]
    fan: NDArray[np.int64]
    lone: NDArray[np.bool_]


def inboxes(seen: Seen, owner: Mapping[int, int]) -> Inboxes:
    """What a view shows of the inboxes that ``owner`` names."""
    events = seen.events
    written = events[(events["op"] == Op.APPEND) & np.isin(events["place"], list(owner))]
    person = np.array([owner[place] for place in written["place"].tolist()], np.int64)
    apart = np.diff(written["t"]) > AT_ONCE
    fan = np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)[: len(written)]
    lone = _readers(fan, person)[fan] == 1 if len(fan) else np.empty(0, bool)
    return Inboxes(owner, hours(seen, Cast({}, {}, owner)), written, person, fan, lone)


def _readers(fan: NDArray[np.int64], person: NDArray[np.int64]) -> NDArray[np.int64]:
    """To how many people each fan-out goes."""
    return np.bincount(np.unique(np.stack([fan, person], axis=1), axis=0)[:, 0])
