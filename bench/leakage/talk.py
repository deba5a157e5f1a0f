"""Conversations of a synthetic society: when a room begins to talk, who speaks, with which gaps, what and how long.

Shapes and where they are from:

- *Bursts*: conversations begin by the hour of the day; within one, gaps are heavy-tailed. Two regimes of this kind are
  what was found in texts between two people (Wu et al., PNAS 107, 2010) and in human activity at large (Barabasi,
  Nature 435, 2005). Gaps here are log-normal: 4 s in the middle between messages of one turn, 25 s before a reply;
  those numbers and the 7 turns of a conversation are assumptions.
- *The day*: least at four in the morning, more after lunch, most at nine to eleven in the evening; weekends later and
  flatter. The shape of use of Korean messengers by hour; the weights are assumptions.
- *Whose room talks how much*: log-normal weights, whatever the size of a group, so that a few rooms carry most of the
  talk (Onnela et al., PNAS 104, 2007: few strong ties, many weak). In a group a few speak most: Zipf weights.
- *Length*: short. Characters log-normal, 9 in the middle for Korean and 24 for English; a syllable of Hangul is 3
  bytes. Two thirds write Korean. All assumptions.
- *Files*: 4 of 100 messages, log-normal around 180 kB (a photograph as messengers shrink it), at most 3 MB. An
  assumption.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.leakage.intents import DAY

WORKDAY: Final = (4, 2, 1, 1, 1, 1, 3, 7, 10, 10, 10, 11, 14, 13, 10, 10, 11, 12, 14, 15, 16, 18, 17, 11)
FREE_DAY: Final = (7, 4, 2, 1, 1, 1, 1, 3, 6, 9, 12, 13, 14, 14, 13, 13, 13, 14, 15, 15, 16, 17, 16, 12)
TURNS: Final = 7.0
AGAIN: Final = 0.35
"""Chance that a conversation is taken up again some hours later."""
FIRST_WITHIN: Final = 0.5
"""The first conversation of a room is in the first half of the time that is left when all are there."""
REPLY: Final = (math.log(25.0), 1.3)
SAME: Final = (math.log(4.0), 0.8)
RUN: Final = 0.35
"""Chance that anyone who spoke speaks once more before anybody replies."""
LONGEST_GAP: Final = 1_800.0
FILES: Final = 0.04
FILE: Final = (math.log(180_000.0), 0.9)
LARGEST_FILE: Final = 3_000_000
KOREAN: Final = 2 / 3


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: ``speaker`` says or sends ``size`` bytes at ``t``."""

    t: float
    speaker: int
    size: int
    file: bool


class Voices:
    """How each account writes: the language, how much of their room's talk is theirs."""

    def __init__(self, dice: random.Random, accounts: int) -> None:
        self.korean = [dice.random() < KOREAN for _ in range(accounts)]
        self.lively = [dice.lognormvariate(0.0, 0.8) for _ in range(accounts)]

    def size(self, dice: random.Random, speaker: int) -> int:
        if self.korean[speaker]:
            characters = max(1, round(dice.lognormvariate(math.log(9.0), 0.9)))
            return min(3_000, 3 * characters - characters // 5 * 2)
        return min(3_000, max(1, round(dice.lognormvariate(math.log(24.0), 0.9))))


def begins(dice: random.Random, days: int, after: float, more: float) -> list[float]:
    """When conversations of one room begin: one, and ``more`` on average in all ``days``. Sorted; often later than
    ``after``, the earliest that is possible, and none if there is no time left.
    """
    day = _hours(days)
    count = _poisson(dice, more / (1.0 + AGAIN))
    end = days * DAY - 60.0
    found = [_first(dice, day, after, end)]
    for hour in dice.choices(range(len(day)), day, k=count):
        at = (hour + dice.random()) * 3_600.0
        found.append(at)
        while dice.random() < AGAIN / (1.0 + AGAIN):
            at += dice.lognormvariate(math.log(2.5 * 3_600.0), 1.0)
            found.append(at)
    return sorted(at for at in found if after < at < end)


def _first(dice: random.Random, day: Sequence[int], after: float, end: float) -> float:
    latest = after + (end - after) * FIRST_WITHIN
    for hour in dice.choices(range(len(day)), day, k=50):
        at = (hour + dice.random()) * 3_600.0
        if after < at < latest:
            return at
    return dice.uniform(after, latest)


def conversation(dice: random.Random, voices: Voices, members: Sequence[int], t: float) -> Iterator[Turn]:
    """The turns of one conversation, as if everybody could speak whenever they like. The first member begins."""
    weights = [voices.lively[member] / (place + 1) for place, member in enumerate(members)]
    speaker = members[0]
    turns = max(1, round(dice.lognormvariate(math.log(TURNS) - 0.5, 1.0)))
    for turn in range(turns):
        if turn:
            again = len(members) == 1 or dice.random() < RUN
            t += min(LONGEST_GAP, 0.8 + dice.lognormvariate(*(SAME if again else REPLY)))
            speaker = speaker if again else _another(dice, members, weights, speaker)
        yield _turn(dice, voices, speaker, t)


def _turn(dice: random.Random, voices: Voices, speaker: int, t: float) -> Turn:
    if dice.random() < FILES:
        return Turn(t, speaker, min(LARGEST_FILE, 2_000 + round(dice.lognormvariate(*FILE))), file=True)
    return Turn(t, speaker, voices.size(dice, speaker), file=False)


def _another(dice: random.Random, members: Sequence[int], weights: Sequence[float], speaker: int) -> int:
    if len(members) == 2:
        return members[1] if speaker == members[0] else members[0]
    found = speaker
    while found == speaker:
        found = dice.choices(members, weights)[0]
    return found


def _hours(days: int) -> list[int]:
    return [weight for day in range(days) for weight in (FREE_DAY if day % 7 >= 5 else WORKDAY)]


def _poisson(dice: random.Random, mean: float) -> int:
    """A Poisson count: exponential gaps until the mean is used up."""
    count, left = 0, mean
    while (left := left - dice.expovariate(1.0)) > 0:
        count += 1
    return count
