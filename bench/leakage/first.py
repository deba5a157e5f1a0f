"""How many messages somebody exchanges until the attacker's first guess about them is right.

The attack is repeated on what had passed by growing moments. For each person with somebody to talk to, the first moment
counts at which their best-scored partner is one; what they had exchanged in rooms for two by then is the figure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.measure import Ranking
from bench.leakage.society import Kind, Society

GRID: Final = (0.5, 1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 45, 70, 100, 150, 250, 400)
"""Mean messages for each person at which the attack is repeated."""


class Exchanged:
    """The times of the messages that each account wrote or was written in rooms for two."""

    def __init__(self, society: Society) -> None:
        times: dict[int, list[float]] = defaultdict(list)
        for intent in society.intents:
            if intent.kind in {Kind.SAY, Kind.FILE} and society.rooms[intent.room].pair:
                room = society.rooms[intent.room]
                for account in (room.creator, *room.founders):
                    times[account].append(intent.t)
        self._times = {account: np.array(found) for account, found in times.items()}
        self._all = np.sort(np.concatenate([*self._times.values(), np.empty(0)]))
        self._accounts = society.size.accounts

    def count(self, account: int, t: float) -> int:
        """How many by ``t``."""
        return int(np.searchsorted(self._times[account], t, side="right")) if account in self._times else 0

    def moments(self) -> list[float]:
        """When so many messages of `GRID` had been exchanged, and the end."""
        wanted = [int(mean * self._accounts) for mean in GRID]
        return [float(self._all[at]) for at in wanted if at < len(self._all)] + [math.inf]


def first_right(exchanged: Exchanged, ranked: Callable[[float], Ranking], everybody: Sequence[int]) -> dict[int, float]:
    """For each of ``everybody`` the messages until the first right guess; infinite if there never was one."""
    found = dict.fromkeys(everybody, math.inf)
    left = set(everybody)
    for t in exchanged.moments():
        if not left:
            break
        for account in left & set(rightly_named(ranked(t)).tolist()):
            found[account] = float(max(1, exchanged.count(account, t)))
            left.discard(account)
    return found


def rightly_named(ranking: Ranking) -> NDArray[np.int64]:
    """The accounts whose best-scored partner is one; ties are broken by rank."""
    accounts, first = first_named(ranking)
    return np.asarray(accounts[ranking.hit[first]], np.int64)


def first_named(ranking: Ranking) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every account that is in the ranking, and the place of its best-scored pair."""
    both = np.concatenate([ranking.left, ranking.right])
    at = np.concatenate([np.arange(len(ranking.left))] * 2)
    order = np.argsort(at, kind="stable")
    accounts, first = np.unique(both[order], return_index=True)
    return np.asarray(accounts, np.int64), np.asarray(at[order][first], np.int64)
