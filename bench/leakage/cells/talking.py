"""Who says when in which room: `talk` and `circles` at real volumes, as arrays.

The shapes are those of `talk` (bursts, the hours of the day, gaps, a few rooms that carry most of the talk) and
`rooms_life` (a conversation ends when the next speaker is away for an hour; a few of a group take part). Rooms are made
by their first conversation, nobody joins later or leaves. More is drawn than is wanted and conversations are left out
by chance until each account says ``pace`` messages a day on average.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage import circles, talk
from bench.leakage.cells.online import NEVER, Numbers, Online, Times, live
from bench.leakage.intents import DAY
from bench.leakage.rooms_life import PATIENCE, UNTIL_FIRST
from bench.leakage.society import GROUPS_SHARE

MORE: Final = 1.7
"""So many times as much is drawn as is wanted: somebody is away so often."""
ANSWERS: Final = (4.0, 60.0)
"""Anyone who is there answers a contact request within this time, as in `simulation`."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many ``accounts`` live for how many ``days``, and how many messages each writes a day."""

    accounts: int = 60
    days: int = 90
    pace: float = 40.0


@dataclass(frozen=True, slots=True)
class Said:
    """Messages by time: when, in which room, by whom on which device; and of which conversation."""

    t: Times
    room: Numbers
    account: Numbers
    device: Numbers
    conversation: Numbers

    def only(self, rows: NDArray[np.bool_]) -> Said:
        return Said(self.t[rows], self.room[rows], self.account[rows], self.device[rows], self.conversation[rows])


@dataclass(frozen=True, slots=True)
class Rooms:
    """``members`` of each room, its maker first; ``made`` and ``open``: asked for, and when it can be used."""

    members: Sequence[Sequence[int]]
    made: Times
    open: Times

    @property
    def pair(self) -> NDArray[np.bool_]:
        return np.array([len(each) == 2 for each in self.members])


@dataclass(frozen=True, slots=True)
class Town:
    """Everybody and everything that they say."""

    seed: int
    crowd: Crowd
    household: Numbers
    online: Online
    rooms: Rooms
    said: Said


def make(seed: int, crowd: Crowd) -> Town:
    """The same for the same arguments."""
    drawn = circles.draw(seed, crowd.accounts)
    online = live(seed, drawn.household, crowd.days)
    dice = np.random.default_rng([seed, crowd.accounts, crowd.days])
    members = [*drawn.pairs, *(group for group in drawn.groups if len(group) > 2)]
    began, room = _begins(dice, crowd, members, len(drawn.pairs))
    said, rooms = _say(dice, online, members, began, room)
    said = _open(said, rooms)
    wanted = int(crowd.accounts * crowd.days * crowd.pace)
    return Town(seed, crowd, np.array(drawn.household, np.int64), online, rooms, _thinned(dice, said, wanted))


def _begins(
    dice: np.random.Generator, crowd: Crowd, members: Sequence[Sequence[int]], pairs: int
) -> tuple[Times, Numbers]:
    """When conversations begin, and in which room. Each room has a first one, in the first half of the time."""
    total = MORE * crowd.accounts * crowd.days * crowd.pace / talk.TURNS
    weights = dice.lognormal(0.0, 1.2, len(members))
    for part, share in ((slice(None, pairs), 1.0 - GROUPS_SHARE), (slice(pairs, None), GROUPS_SHARE)):
        weights[part] *= share * total / max(weights[part].sum(), 1e-9)
    count = dice.poisson(weights)
    day = np.array([hour for number in range(crowd.days) for hour in _hours(number)], float)
    drawn = dice.choice(len(day), count.sum(), p=day / day.sum())
    first = dice.random(len(members)) * max(0.3, crowd.days / 2) + 0.4
    t = np.concatenate([first * DAY, (drawn + dice.random(len(drawn))) * 3_600.0])
    room = np.concatenate([np.arange(len(members)), np.repeat(np.arange(len(members)), count)])
    order = np.lexsort((t, room))
    return t[order], room[order]


def _hours(day: int) -> Sequence[int]:
    return talk.FREE_DAY if day % 7 >= 5 else talk.WORKDAY


def _say(
    dice: np.random.Generator, online: Online, members: Sequence[Sequence[int]], began: Times, room: Numbers
) -> tuple[Said, Rooms]:
    turns = np.maximum(1, np.round(dice.lognormal(math.log(talk.TURNS) - 0.5, 1.0, len(began)))).astype(np.int64)
    which = np.repeat(np.arange(len(began)), turns)
    first = np.concatenate([[0], np.cumsum(turns)[:-1]])
    again = dice.random(len(which)) < talk.RUN
    mu = np.where(again, talk.SAME[0], talk.REPLY[0])
    gap = np.minimum(
        talk.LONGEST_GAP, 0.8 + np.exp(mu + np.where(again, talk.SAME[1], talk.REPLY[1]) * dice.normal(size=len(which)))
    )
    gap[first] = 0.0
    t = began[which] + _since(np.cumsum(gap), first, turns)
    account = _speakers(dice, members, room[which], again, first, turns)
    device, at = online.used(dice, account, t)
    late = at - t > PATIENCE
    late[first] |= at[first] >= NEVER
    over = _since(np.cumsum(late).astype(np.int64), first, turns) + late[first][which] > 0
    here = ~over & (at < NEVER)
    order = np.flatnonzero(here)[np.argsort(at[here], kind="stable")]
    said = Said(at[order], room[which][order], account[order], device[order], which[order])
    return said, _rooms(dice, online, members, said)


def _since(total: Times | Numbers, first: Numbers, turns: Numbers) -> Times:
    """Running sums that begin again at each conversation's first turn."""
    return np.asarray(total - np.repeat(total[first], turns), np.float64)


def _speakers(
    dice: np.random.Generator, members: Sequence[Sequence[int]], room: Numbers, again: NDArray[np.bool_],
    first: Numbers, turns: Numbers,
) -> Numbers:  # fmt: skip
    """Each turn's speaker: the same once more, or another of the few who take part."""
    size = np.array([len(each) for each in members], np.int64)
    part = np.minimum(size[room[first]], 2 + np.round(dice.lognormal(0.3, 0.7, len(first))).astype(np.int64))
    part = np.where(size[room[first]] == 2, 2, part)
    step = np.where(again, 0, 1 + (dice.random(len(room)) * (np.repeat(part, turns) - 1)).astype(np.int64))
    begins = (dice.random(len(first)) * part).astype(np.int64)
    turn = (np.repeat(begins, turns) + _since(np.cumsum(step), first, turns).astype(np.int64)) % np.repeat(part, turns)
    shift = np.repeat((dice.random(len(first)) * size[room[first]]).astype(np.int64), turns)
    offset = np.concatenate([[0], np.cumsum(size)[:-1]])
    flat = np.array([member for each in members for member in each], np.int64)
    return np.asarray(flat[offset[room] + (turn + shift) % size[room]], np.int64)


def _rooms(dice: np.random.Generator, online: Online, members: Sequence[Sequence[int]], said: Said) -> Rooms:
    """A room is asked for some time before its first talk, when its maker is there, and open once others have come."""
    first = np.full(len(members), NEVER)
    np.minimum.at(first, said.room, said.t)
    maker = np.array([each[0] for each in members], np.int64)
    other = np.array([each[1] for each in members], np.int64)
    _, made = online.used(dice, maker, np.maximum(0.0, first - dice.lognormal(*UNTIL_FIRST, len(members))))
    _, seen = online.used(dice, other, np.minimum(made, NEVER))
    return Rooms(members, made, seen + dice.uniform(*ANSWERS, len(members)))


def _open(said: Said, rooms: Rooms) -> Said:
    """Without what would be said before the room is open."""
    return said.only(said.t > rooms.open[said.room] + 10.0)


def _thinned(dice: np.random.Generator, said: Said, wanted: int) -> Said:
    """About as many messages as are wanted: whole conversations are left out, no room's first."""
    _, first = np.unique(said.room, return_index=True)
    kept = np.zeros(int(said.conversation.max(initial=-1)) + 1, bool)
    kept[said.conversation[first]] = True
    fixed = int(kept[said.conversation].sum())
    share = max(0.0, wanted - fixed) / max(1, len(said.t) - fixed)
    kept |= dice.random(len(kept)) < share
    return said.only(kept[said.conversation])
