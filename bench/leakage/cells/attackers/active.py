"""Attackers that interfere, each with the one role that it has, and what they then make of what they see.

*An ingress holds* what an account sends for up to a minute, of one account after another, and lets it go at a moment
that it chose: anyone who gets it answers right then. *A relay tells false digests*: each device that reads that box and
is there comes and looks, at moments that the relay chose, also when nobody talks. What drops and replays would give is
not simulated: these people do not ask whether a message has come, and their clients do not repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.cells.attackers.coincidence import binned, by_crowd, excess
from bench.leakage.cells.fan import Acts
from bench.leakage.cells.online import Numbers, Times
from bench.leakage.cells.talking import Town
from bench.leakage.guess import Pairs
from bench.leakage.role_views import RoleSeen
from bench.leakage.trace import Op, Role

HELD: Final = 40.0
"""Seconds for which an account is held."""
EVERY: Final = 240.0
"""In each so many seconds each account is held once."""
WIDTH: Final = 1.0
ANSWERS: Final = (0, 1, 2)
"""Bins after a release in which answers come."""
LOOKS: Final = 1_800.0
"""Seconds between two false digests about one box."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Which account is held when: drawn for each account and stretch of `EVERY` seconds."""

    seed: int

    def release(self, account: Numbers, t: Times) -> tuple[NDArray[np.bool_], Times]:
        """Whether something sent at ``t`` is held, and the end of the hold of that stretch."""
        stretch = np.floor(t / EVERY)
        mixed = np.sin((account * 12.9898 + stretch * 78.233 + self.seed * 37.719) % 6_283.0) * 43_758.5453
        begin = stretch * EVERY + (mixed - np.floor(mixed)) * (EVERY - HELD)
        return (t >= begin) & (t < begin + HELD), begin + HELD

    def __call__(self, account: Numbers, t: Times) -> Times:
        """When something sent at ``t`` passes; see `client.Delay`."""
        held, end = self.release(account, t)
        return np.where(held, end, t)


def releases(seen: RoleSeen, accounts: int, holds: Holds) -> Pairs:
    """Who sends right after another's cells were let go, beside the half minutes around."""
    events = seen.at(Role.INGRESS)
    sent = events[(events["op"] == Op.SENT) & (events["who"] >= 0)]
    who, t = np.asarray(sent["who"], np.int64), sent["t"]
    if not len(sent):
        return Pairs.none()
    _, end = holds.release(who, t - 0.5)
    let_go = np.abs(end - t) < 0.4
    bins = int(t.max() / WIDTH) + 2
    after = [binned(t[let_go] + step * WIDTH, who[let_go], accounts, WIDTH, bins) for step in ANSWERS]
    answers = by_crowd(binned(t[~let_go], who[~let_go], accounts, WIDTH, bins))
    both = np.zeros((accounts, accounts), np.float32)
    for begin, block in excess(sum(after[1:], after[0]), answers, (-40, -20, 20, 40)):
        both[begin : begin + len(block)] = block
    both += both.T
    one, two = np.nonzero(np.triu(both, 1) > 0)
    return Pairs(one.astype(np.int64), two.astype(np.int64), both[one, two].astype(np.float64))


def false_digests(town: Town) -> Acts:
    """A false digest about each room's box, over and over: each room at moments of its own."""
    dice = np.random.default_rng([town.seed, 11])
    rounds = int(town.crowd.days * 86_400.0 / LOOKS)
    rooms = len(town.rooms.members)
    t = (np.arange(rounds)[None, :] + dice.random((rooms, 1))) * LOOKS
    room = np.broadcast_to(np.arange(rooms)[:, None], t.shape)
    return Acts(t.ravel(), room.ravel().copy(), np.full(t.size, -1, np.int64))
