"""Members who help anyone who watches: they tell what they and others said in their rooms, and when.

What is theirs is known to the watcher without any attack, so pairs with one of them are no question any more. What they
tell is taken out of what has to be explained, so that less is left in which the others can hide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np

from bench.leakage.measure import Ranking
from bench.leakage.trace import Op, Recording, Truth

SHARE: Final = 0.1
"""Of all people, so many help."""


def helpers(seed: int, accounts: int) -> frozenset[int]:
    """Who helps; drawn."""
    dice = np.random.default_rng([seed, 13])
    return frozenset(int(each) for each in dice.choice(accounts, max(1, round(SHARE * accounts)), replace=False))


def without_theirs(recording: Recording, helping: Collection[int]) -> Recording:
    """Without what is written in rooms that one of ``helping`` is in: it is explained."""
    truth = recording.truth
    known = {number for number, members in enumerate(truth.rooms) if members & set(helping)}
    places = np.array([place for place, room in truth.room_of.items() if room in known], np.int64)
    live = recording.live
    told = (live["op"] == Op.APPEND) & np.isin(live["place"], places)
    return replace(recording, live=live[~told])


def among_others(ranking: Ranking, truth: Truth, helping: Collection[int]) -> Ranking:
    """The guess about pairs of which neither helps."""
    who = np.array(sorted(helping), np.int64)
    asked = ~np.isin(ranking.left, who) & ~np.isin(ranking.right, who)
    people = truth.accounts - len(who)
    edges = sum(low not in helping and high not in helping for low, high in truth.talks)
    return Ranking(
        ranking.left[asked], ranking.right[asked], ranking.score[asked], ranking.hit[asked],
        people * (people - 1) // 2, edges,
    )  # fmt: skip
