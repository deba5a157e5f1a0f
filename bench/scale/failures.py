"""A year of an engine's nodes: which are lost, how long shards do not answer, and when a shard loses both copies.

Seeded, and in days. Each shard has a primary and a replica. A node that is lost comes back empty and is a replica again
once it has copied all; if the other one is lost meanwhile, what the shard held is gone, and members put it back. An
upgrade does the same on purpose: it restarts the replica, and once that has copied all, hands the shard over and
restarts the other one. Nobody restarts a node whose shard has one copy.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from typing import Final

YEAR_DAYS: Final = 365
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """What nobody here can measure, with nodes of a size and number that are not at hand."""

    lost_every_days: float = 200.0
    """That a node runs until it is lost: hardware, kernel, power, somebody's mistake."""
    back_s: float = 1_800.0
    """Until it runs again and has copied all from its primary."""
    handed_over_every_days: float = 30.0
    """That a shard is handed over on purpose, for an upgrade, in which both its nodes are restarted."""
    failover_s: float = 5.3
    """Without an answer when a primary is lost: 4.3, the longest of 140 failovers in half an hour of `nulla drill
    failover` (two busy cores, nodes that are missed after a second), and 1 because ours are missed after two."""
    handover_s: float = 0.2
    """The same when it is handed over: the longest of 45 handovers and 44 upgrades in that half hour."""


@dataclass(frozen=True, slots=True)
class Year:
    """What happened in a year."""

    lost: int
    """Nodes."""
    failovers: int
    """Primaries among them whose replica took over."""
    handovers: int
    emptied: int
    """Shards that lost both copies."""
    upgrading: int
    """Those of them whose other node was being restarted for an upgrade."""
    silent_s: float
    """Of each box on average, all failovers and handovers together; emptied shards apart."""


def year(shards: int, assumed: Assumed, seed: int) -> Year:
    """A year of so many shards; the same for the same arguments."""
    rates = assumed.lost_every_days, assumed.back_s, assumed.handed_over_every_days
    dice = random.Random(f"year {seed} {shards} {rates}")
    back_days = assumed.back_s / DAY_S
    back = [0.0] * (2 * shards)
    """When each node has all again; nodes 2n and 2n + 1 are shard n's."""
    restarted = [False] * (2 * shards)
    """Whether it was last away for an upgrade."""
    lost = failovers = handovers = emptied = upgrading = 0
    due: list[tuple[float, int, str]] = []
    for node in range(2 * shards):
        heapq.heappush(due, (dice.expovariate(1 / assumed.lost_every_days), node, "lost"))
    for shard in range(shards):
        heapq.heappush(due, (dice.uniform(0, assumed.handed_over_every_days), 2 * shard, "upgrade"))
    while due and due[0][0] < YEAR_DAYS:
        t, node, what = heapq.heappop(due)
        other = node ^ 1
        if what == "lost":
            lost += 1
            if back[node] <= t < back[other]:
                emptied += 1
                upgrading += restarted[other]
            elif back[node] <= t and dice.random() < 0.5:  # the primary is one of two
                failovers += 1
            back[node], restarted[node] = t + back_days, False
            next_loss = t + back_days + dice.expovariate(1 / assumed.lost_every_days)
            heapq.heappush(due, (next_loss, node, "lost"))
        elif max(back[node], back[other]) > t:
            heapq.heappush(due, (max(back[node], back[other]), node, what))
        else:
            back[node], restarted[node] = t + back_days, True
            if node % 2 == 0:
                heapq.heappush(due, (t + back_days, other, "upgrade"))
                heapq.heappush(due, (t + assumed.handed_over_every_days, node, "upgrade"))
            else:
                handovers += 1
    silent = (failovers * assumed.failover_s + handovers * assumed.handover_s) / shards
    return Year(lost, failovers, handovers, emptied, upgrading, silent)


def years(shards: int, assumed: Assumed, count: int) -> list[Year]:
    """So many, each of its own."""
    return [year(shards, assumed, seed) for seed in range(count)]
