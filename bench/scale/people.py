"""A population: a society of `bench.leakage`, and which of its devices are off for days.

`bench.leakage.hours` decides when devices are online within a day; what it has not are trips, phones that break, people
who stop using the app, and second devices that nobody turns on again. All numbers of `Away` are assumptions: that is
why the page has several of them.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.leakage.intents import Intent, Kind
from bench.leakage.society import Size, Society, make
from bench.scale.ledger import DAY_S

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Away:
    """How often devices are off for days, beside nights and working hours. Assumed."""

    name: str
    trips: float = 0.0
    """In 30 days, for a device that is carried."""
    desk_trips: float = 0.0
    """In 30 days, for a second device."""
    trip_days: float = 3.0
    """The median of them; log-normal."""
    gone: float = 0.0
    """Share of accounts that stop at some moment and do not come back while frames are kept."""
    unused: float = 0.0
    """Share of second devices that are not turned on again from some moment on."""


NOBODY: Final = Away("nobody")
SOME: Final = Away("some", trips=0.1, desk_trips=0.5, gone=0.03, unused=0.1)
MANY: Final = Away("many", trips=0.3, desk_trips=1.0, gone=0.1, unused=0.3)
POPULATIONS: Final = (NOBODY, SOME, MANY)
SIGMA: Final = 0.9
"""Of the logarithm of an absence."""


@dataclass(frozen=True, slots=True)
class Population:
    """``online[account, device]``: when it is online, in order."""

    society: Society
    away: Away
    online: Mapping[tuple[int, int], Sequence[Span]]

    @property
    def hours(self) -> int:
        return self.society.size.days * 24


def populate(society: Society, away: Away) -> Population:
    """The same population for the same arguments."""
    online = {}
    for device, spans in sorted(_online(society).items()):
        dice = random.Random(f"away {society.seed} {away.name} {device}")
        off = _absences(society, away, device, dice)
        online[device] = list(_without(spans, off))
    return Population(society, away, online)


def society(seed: int, accounts: int, days: int, pace: float) -> Society:
    """Those who live; ``pace``: about how many messages a day each writes."""
    return make(seed, Size(accounts, days, pace))


def _online(society: Society) -> dict[tuple[int, int], list[Span]]:
    spans: defaultdict[tuple[int, int], list[Span]] = defaultdict(list)
    since: dict[tuple[int, int], float] = {}
    for intent in society.intents:
        key = (intent.account, intent.device)
        if intent.kind is Kind.ONLINE:
            since.setdefault(key, intent.t)
        elif intent.kind is Kind.OFFLINE and key in since:
            spans[key].append((since.pop(key), intent.t))
    for key, begin in since.items():
        spans[key].append((begin, society.size.days * DAY_S))
    return spans


def _absences(society: Society, away: Away, device: tuple[int, int], dice: random.Random) -> list[Span]:
    days = float(society.size.days)
    stops = random.Random(f"gone {society.seed} {away.name} {device[0]}")
    off: list[Span] = []
    if stops.random() < away.gone:
        off.append((stops.uniform(0.0, days) * DAY_S, math.inf))
    if device[1] and dice.random() < away.unused:
        off.append((dice.uniform(0.0, days) * DAY_S, math.inf))
    at, rate = 0.0, (away.desk_trips if device[1] else away.trips) / 30.0
    while rate and (at := at + dice.expovariate(rate)) < days:
        length = dice.lognormvariate(math.log(away.trip_days), SIGMA)
        off.append((at * DAY_S, (at + length) * DAY_S))
        at += length
    return off


def _without(spans: Sequence[Span], off: Sequence[Span]) -> Iterator[Span]:
    for begin, end in spans:
        at = begin
        for away, back in sorted(off):
            if away < end and back > at:
                if away > at:
                    yield at, away
                at = max(at, back)
        if at < end:
            yield at, end


def by_room(society: Society) -> dict[int, list[Intent]]:
    """What happens in each room, in order."""
    rooms: defaultdict[int, list[Intent]] = defaultdict(list)
    for intent in society.intents:
        if intent.room >= 0:
            rooms[intent.room].append(intent)
    return rooms
