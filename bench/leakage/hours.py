"""When the devices of a synthetic society are online, and from which network address.

Shapes and where they are from:

- *The day*: people in Korea sleep from about half past eleven to seven (Statistics Korea, time use survey 2019:
  8 h 12 min of sleep), an hour or so later before free days. The spread between people is an assumption.
- *Carried devices* are online whenever their owner is awake, with some losses of the network; they move between the
  household's address and a mobile one (commute, work, errands). All numbers are assumptions. A mobile address is one's
  own for a day: kinder to an attacker than the shared addresses of many carriers.
- *Desk devices* (the second of two) run in office hours or in the evening, from the household's address or one of the
  device's own (an office).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.leakage.intents import DAY

HOUR: Final = 3_600.0
LOSSES: Final = 2.0
"""Times a day that a carried device loses its network."""
TWO_DEVICES: Final = 0.25
EVENINGS: Final = 0.4
"""Share of desk devices that are at home and run in the evening."""
LATE: Final = 0.08
"""Share of accounts that come to the service after the first day, evenly over the rest."""


@dataclass(frozen=True, slots=True)
class Span:
    """Online from ``begin`` to ``end``, from one address. ``moved``: it goes on from the span before."""

    begin: float
    end: float
    address: int
    moved: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """The spans of one device, in order."""

    spans: Sequence[Span]
    begins: Sequence[float]

    def online(self, t: float) -> bool:
        at = bisect_right(self.begins, t) - 1
        return at >= 0 and t < self.spans[at].end

    def next(self, t: float) -> float | None:
        """The first moment from ``t`` on when the device is online."""
        if self.online(t):
            return t
        at = bisect_right(self.begins, t)
        return self.begins[at] if at < len(self.begins) else None


class Addresses:
    """Numbers for network addresses, in the order in which they are given out."""

    def __init__(self) -> None:
        self.count = 0
        self._homes: dict[int, int] = {}

    def new(self) -> int:
        self.count += 1
        return self.count - 1

    def home(self, household: int) -> int:
        if household not in self._homes:
            self._homes[household] = self.new()
        return self._homes[household]


def carried(dice: random.Random, days: int, home: int, addresses: Addresses, arrives: float) -> Hours:
    """The hours of a device that goes where its owner goes."""
    wakes, sleeps = dice.gauss(7.0, 0.9), dice.gauss(23.6, 0.9)
    works = dice.random() < 0.65
    spans: list[Span] = []
    for day in range(days):
        free = day % 7 >= 5
        begin = day * DAY + HOUR * max(4.0, wakes + dice.gauss(1.2 if free else 0.0, 0.4))
        end = day * DAY + HOUR * min(27.5, sleeps + dice.gauss(0.7 if day % 7 in {4, 5} else 0.0, 0.5))
        spans += _with_losses(dice, _outings(dice, begin, end, home, addresses.new(), works=works and not free))
    return _after(spans, arrives, days)


def desk(dice: random.Random, days: int, home: int, addresses: Addresses, arrives: float) -> Hours:
    """The hours of a device that is at home or in an office."""
    evening = dice.random() < EVENINGS
    address = home if evening else addresses.new()
    spans: list[Span] = []
    for day in range(days):
        if (day % 7 >= 5) != evening or (evening and dice.random() < 0.6):
            begin = day * DAY + HOUR * dice.gauss(19.5 if evening else 9.0, 0.5)
            end = begin + HOUR * (abs(dice.gauss(2.5, 1.0)) + 0.25 if evening else max(4.0, dice.gauss(9.0, 0.8)))
            spans.append(Span(begin, end, address, moved=False))
    return _after(spans, arrives, days)


def _outings(
    dice: random.Random, begin: float, end: float, home: int, mobile: int, *, works: bool
) -> Iterator[tuple[float, float, int]]:
    """The day of a carried device as stretches of one address."""
    away = HOUR * (8.2 - 7.0 if works else dice.uniform(2.0, 8.0)) + dice.gauss(0.0, 900.0)
    leaves = begin + max(600.0, away)
    returns = leaves + (HOUR * max(6.0, dice.gauss(11.0, 1.2)) if works else HOUR * dice.lognormvariate(0.8, 0.5))
    if dice.random() < (0.02 if works else 0.35) or leaves >= end:
        yield begin, end, home
        return
    yield begin, leaves, home
    yield leaves, min(returns, end), mobile
    if returns < end:
        yield returns, end, home


def _with_losses(dice: random.Random, stretches: Iterator[tuple[float, float, int]]) -> Iterator[Span]:
    first = True
    for begin, end, address in stretches:
        at, moved = begin, not first
        while True:
            lost = at + dice.expovariate(LOSSES / (16 * HOUR))
            if lost >= end:
                yield Span(at, end, address, moved)
                break
            yield Span(at, lost, address, moved)
            at, moved = lost + min(HOUR, 20.0 + dice.lognormvariate(4.0, 1.2)), False
            if at >= end:
                break
        first = False


def _after(spans: Sequence[Span], arrives: float, days: int) -> Hours:
    """Only what lies after the arrival and before the end; spans that overlap their neighbour are cut."""
    kept: list[Span] = []
    for span in spans:
        begin, end = max(span.begin, arrives), min(span.end, days * DAY)
        if kept:
            begin = max(begin, kept[-1].end)
        if end - begin >= 1.0:
            goes_on = bool(kept) and span.moved and kept[-1].end == begin and kept[-1].address != span.address
            if not goes_on and kept and kept[-1].end == begin:
                begin += 0.5
            kept.append(Span(begin, end, span.address, goes_on))
    return Hours(tuple(kept), tuple(span.begin for span in kept))
