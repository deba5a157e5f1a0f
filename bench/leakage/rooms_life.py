"""The life of one room of a society: made, joined, left, talked in and read.

Assumptions, none of them measured: of a group's members 15 % join later than the rest, and in 30 days 8 % leave and 3 %
are removed. Of a conversation in a group a few take part, the others look at it later (log-normal, 8 minutes in the
middle); a quarter of the onlookers of a group above ten do not look at all. Anyone who takes part has the room open and
reads within seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.leakage import talk
from bench.leakage.intents import DAY, NOBODY, Intent, Kind, Room
from bench.leakage.life import Life

LATER: Final = 0.15
LEAVES: Final = 0.08
REMOVED: Final = 0.03
SETTLING: Final = 60.0
"""Nobody acts in a room sooner than this after they were taken in."""
PATIENCE: Final = 3_600.0
"""A conversation ends when the next speaker is away for longer."""
UNTIL_FIRST: Final = (math.log(900.0), 1.0)
"""From the making of a room to its first talk: people let one another in meanwhile."""
ONLOOKERS: Final = (math.log(480.0), 1.6)
UNINTERESTED: Final = 0.25
FEW: Final = 10


@dataclass(slots=True)
class _Member:
    since: float
    until: float = math.inf

    def inside(self, t: float) -> bool:
        return self.since + SETTLING <= t < self.until


@dataclass(slots=True)
class _Living:
    dice: random.Random
    life: Life
    number: int
    members: dict[int, _Member] = field(default_factory=dict)

    def act(self, t: float, kind: Kind, account: int, *, size: int = NOBODY, other: int = NOBODY) -> bool:
        """Note an intent of somebody who must be online at ``t``; False if they are not."""
        device = self.life.device_at(self.dice, account, t)
        if device is None:
            return False
        self.life.intents.append(Intent(t, kind, account, device, self.number, size, other))
        return True

    def online(self, account: int, t: float) -> float | None:
        return self.life.next_online(account, t)


def live_room(
    dice: random.Random,
    life: Life,
    number: int,
    members: Sequence[int],
    conversations: float,
    *,
    pair: bool,
    after: float = 0.0,
) -> Room | None:
    """Let a room live and add to ``life.intents``; None if nobody ever begins to talk in it.

    ``conversations``: how many it has beside its first one, on average. The first one makes a group. It is made
    ``after`` that time.
    """
    if len(members) < 2:
        return None
    living = _Living(dice, life, number)
    ready = max(after, life.arrived(members[0]), min(life.arrived(member) for member in members[1:]))
    starts = talk.begins(dice, life.days, ready + SETTLING, conversations)
    if not starts:
        return None
    creator = dice.choice(members) if pair else members[0]
    created = living.online(creator, starts[0])
    if created is None or not living.act(created, Kind.CREATE, creator):
        return None
    others = [member for member in members if member != creator]
    here = [member for member in others if life.arrived(member) < created]
    founders = [member for member in here if member == here[0] or dice.random() >= LATER]
    living.members = {creator: _Member(created - SETTLING)} | {member: _Member(created) for member in founders}
    if not pair:
        _comings_and_goings(living, creator, others, created)
    first = created + dice.lognormvariate(*UNTIL_FIRST)
    _converse(living, first, creator)
    for start in starts[1:]:
        _converse(living, max(start, first))
    return Room(number, pair, creator, tuple(founders), created)


def _comings_and_goings(living: _Living, creator: int, others: Sequence[int], created: float) -> None:
    dice, end = living.dice, living.life.days * DAY
    for member in others:
        if member not in living.members:
            earliest = max(created + SETTLING, living.life.arrived(member) + SETTLING)
            t = living.online(creator, dice.uniform(earliest, max(earliest, end * 0.9)))
            if t is None or not living.act(t, Kind.ADD, creator, other=member):
                continue
            living.members[member] = _Member(t)
        _may_go(living, creator, member)


def _may_go(living: _Living, creator: int, member: int) -> None:
    dice, days = living.dice, living.life.days
    roll = dice.random() * 30 / days
    if roll >= LEAVES + REMOVED:
        return
    goes = LEAVES > roll
    since = living.members[member].since
    actor = member if goes else creator
    t = living.online(actor, dice.uniform(since + 2 * SETTLING, max(since + 2 * SETTLING, days * DAY)))
    if t is not None and living.act(t, Kind.LEAVE if goes else Kind.REMOVE, actor, other=NOBODY if goes else member):
        living.members[member].until = t


def _converse(living: _Living, start: float, begins: int | None = None) -> None:
    present = [member for member, its in living.members.items() if its.inside(start)]
    if not present:
        return
    active = _active(living, present, begins)
    turns: list[talk.Turn] = []
    shift = 0.0
    for turn in talk.conversation(living.dice, living.life.voices, active, start):
        t = living.online(turn.speaker, max(turn.t + shift, living.members[turn.speaker].since + SETTLING))
        if t is None or (turns and t - turn.t - shift > PATIENCE) or not living.members[turn.speaker].inside(t):
            break
        if not living.act(t, Kind.FILE if turn.file else Kind.SAY, turn.speaker, size=turn.size):
            break
        shift = t - turn.t
        turns.append(talk.Turn(t, turn.speaker, turn.size, turn.file))
    if turns:
        _be_read(living, active, turns)


def _active(living: _Living, present: Sequence[int], begins: int | None) -> list[int]:
    """Who takes part, no matter who begins first."""
    dice = living.dice
    lively = [living.life.voices.lively[member] for member in present]
    if begins is None or begins not in present:
        begins = dice.choices(present, lively)[0]
    most = 2 + round(dice.lognormvariate(0.3, 0.7))
    others = [member for member in present if member != begins]
    return [begins, *dice.sample(others, min(len(others), most - 1))]


def _be_read(living: _Living, active: Sequence[int], turns: Sequence[talk.Turn]) -> None:
    for member, its in living.members.items():
        if its.since > turns[-1].t or its.until <= turns[0].t:
            continue
        others = [turn.t for turn in turns if turn.speaker != member and turn.t > its.since]
        if member in active:
            _follow(living, member, others)
        elif len(living.members) <= FEW or living.dice.random() >= UNINTERESTED:
            _look_later(living, member, others)


def _follow(living: _Living, member: int, said: Sequence[float]) -> None:
    read = 0.0
    for t in said:
        if t > read:
            read = _read(living, member, t + living.dice.uniform(1.0, 8.0)) or math.inf


def _look_later(living: _Living, member: int, said: Sequence[float]) -> None:
    """Once after the first message, and once more after the last if that came later."""
    read = 0.0
    for t in (said[0], said[-1]) if said else ():
        if t >= read:
            read = _read(living, member, t + living.dice.lognormvariate(*ONLOOKERS)) or math.inf


def _read(living: _Living, member: int, t: float) -> float | None:
    its = living.members[member]
    when = living.online(member, max(t, its.since + SETTLING))
    if when is None or when >= its.until or not living.act(when, Kind.READ, member):
        return None
    return when
