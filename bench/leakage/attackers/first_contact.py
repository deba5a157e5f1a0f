"""Who makes friends with whom: a request comes into one inbox, and soon after the answer into another.

Somebody asks, and anyone who is asked says yes within a minute of seeing it: an append to X's inbox, and one to the
asker's while X is there. Every append that could be the answer gets a share of the request, and of several requests
that one append could answer each gets a share, until that stands: the soft matching of `disclosure` (Troncoso et al.,
PETS 2008; Danezis and Troncoso, PETS 2009), on first words instead of receipts. What goes to several inboxes in one
breath is an invitation and no answer.

What it may use of the product as it is: requests are larger than all else that comes into an inbox (``sized``), and
answers take 3.5 to 66 seconds. Neither is needed: without sizes, and with windows of hours, how much sooner than by
chance answers come is learned from what passes. With addresses, an answer comes from where X is, and the request from
where the asker is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.inboxes import Inboxes
from bench.leakage.attackers.scene import Scene
from bench.leakage.guess import Pairs
from bench.leakage.trace import NOBODY, Pair

STEPS: Final = 20
"""After so many, the matching stands."""
NONE: Final = 0.05
"""What it is worth that a request is answered by nothing that was seen."""
ELSEWHERE: Final = 0.02
"""What an append from an address counts where its supposed writer is not seen."""
FANNED: Final = 0.1
"""What an append counts that comes in one breath with others."""
STEP: Final = 5.0
"""Seconds of the first step in which delays are counted; each later one is half as long again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How an answer is told: within ``low`` to ``high`` seconds, ``sized``: and smaller than the largest of all, which
    is the request.
    """

    low: float
    high: float
    sized: bool

    def __call__(self, scene: Scene) -> Pairs:
        """Pairs by how surely one answered the other."""
        its = scene.inboxes
        asked, answer, delay = _candidates(its, self, starts(its))
        if not len(asked):
            return Pairs.none()
        worth = _sooner(delay, self) * _from_where(scene, its, asked, answer)
        worth = worth * np.where(its.lone[answer], 1.0, FANNED)
        share = _matched(asked, answer, worth)
        found: dict[Pair, float] = defaultdict(float)
        for x, y, s in zip(its.person[asked].tolist(), its.person[answer].tolist(), share.tolist(), strict=True):
            found[min(x, y), max(x, y)] += s
        return Pairs.of(dict(sorted(found.items())))


def starts(its: Inboxes) -> NDArray[np.float64]:
    """For each append when its owner can see it: at once, or when they come; infinite if they never do."""
    ends = {person: np.maximum.accumulate([end for _, end in each]) for person, each in its.there.items() if each}
    found = np.full(len(its.events), np.inf)
    for at, (t, person) in enumerate(zip(its.events["t"].tolist(), its.person.tolist(), strict=True)):
        if person in ends:
            later = int(np.searchsorted(ends[person], t, side="right"))
            if later < len(its.there[person]):
                found[at] = max(t, its.there[person][later][0])
    return found


def _candidates(
    its: Inboxes, how: Waiting, starts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each append that may be a request with each that may be its answer, and the seconds between."""
    t, size = its.events["t"], its.events["size"]
    large = size == size.max(initial=0)
    asking = np.flatnonzero(np.isfinite(starts) & (large if how.sized else its.lone))
    answering = np.flatnonzero(~large if how.sized else np.ones(len(t), bool))
    first = np.searchsorted(t[answering], starts[asking] + how.low)
    count = np.searchsorted(t[answering], starts[asking] + how.high, side="right") - first
    asked = np.repeat(asking, count)
    answer = answering[np.arange(len(asked)) - np.repeat(np.cumsum(count) - count - first, count)]
    other = (its.person[asked] != its.person[answer]) & (t[answer] > t[asked])
    asked, answer = asked[other], answer[other]
    return asked, answer, t[answer] - starts[asked]


def _sooner(delay: NDArray[np.float64], how: Waiting) -> NDArray[np.float64]:
    """For each delay how much more often it occurs than late ones do, which are taken for chance."""
    steps = int(np.ceil(np.log1p((how.high - how.low) / STEP / 2) / np.log(1.5)))
    edges = how.low + STEP * 2 * (1.5 ** np.arange(steps + 1) - 1)
    edges[-1] = max(edges[-1], how.high + 1.0)
    if steps < LATE * 2:
        return np.ones(len(delay))
    widths = np.diff(edges)
    counts = np.histogram(delay, edges)[0]
    by_chance = counts[-LATE:].sum() / widths[-LATE:].sum() * widths
    more = np.maximum(0.0, counts - by_chance) / np.maximum(1.0, counts)
    return np.asarray(np.maximum(more, 0.01)[np.clip(np.searchsorted(edges, delay, side="right") - 1, 0, steps - 1)])


LATE: Final = 2
"""The last so many steps are taken for chance."""


def _from_where(scene: Scene, its: Inboxes, asked: NDArray[np.int64], answer: NDArray[np.int64]) -> NDArray[np.float64]:
    """What addresses say of it: whether each of the two is seen where it was written from."""
    if (its.events["addr"] == NOBODY).all():
        return np.ones(len(asked))
    sets, which = scene.present.at(its.events["addr"], its.events["t"])
    here = [sets[at] for at in which.tolist()]
    worth = np.ones(len(asked))
    for at, (one, two) in enumerate(zip(asked.tolist(), answer.tolist(), strict=True)):
        for written, writer in ((one, int(its.person[two])), (two, int(its.person[one]))):
            worth[at] *= 1.0 if writer in here[written] else ELSEWHERE
    return worth


def _matched(asked: NDArray[np.int64], answer: NDArray[np.int64], worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """How surely each answer is one of that request: at most one in all for each of both."""
    _, one = np.unique(asked, return_inverse=True)
    _, two = np.unique(answer, return_inverse=True)
    share = worth
    for _ in range(STEPS):
        share = share / np.maximum(1.0, np.bincount(two, share))[two]
        share = share / (np.bincount(one, share) + NONE)[one]
    return share


FIRST_CONTACTS: Final[dict[str, Callable[[Scene], Pairs]]] = {
    "first contact": Waiting(3.5, 66.0, sized=True),
    "first contact, 5 minutes": Waiting(0.0, 300.0, sized=True),
    "first contact, half an hour": Waiting(0.0, 1_800.0, sized=True),
    "first contact, 2 hours": Waiting(0.0, 7_200.0, sized=True),
    "first contact, any size": Waiting(0.0, 66.0, sized=False),
    "first contact, any size, 5 minutes": Waiting(0.0, 300.0, sized=False),
    "first contact, any size, half an hour": Waiting(0.0, 1_800.0, sized=False),
    "first contact, any size, 2 hours": Waiting(0.0, 7_200.0, sized=False),
}
"""By how long an answer may take, and whether the request is told by its size."""
