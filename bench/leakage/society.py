"""A synthetic society: who there is, who knows whom, which rooms they have, and everything they do in some weeks.

`make` gives the same society for the same seed and size. It is plain data and knows no design: `Society.intents` is one
stream in time order, written so that it makes sense everywhere: nobody speaks who is offline, not in the room, or has
not been taken in yet; rooms are made by somebody online, of people who have arrived. What a design does with an intent
(a push, a box, a queue) is the design's affair. Small and large societies come from the same code.

Shapes and sources are in `circles` (contacts, rooms), `hours` (online, addresses) and `talk` (conversations).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bench.leakage import circles, hours, talk
from bench.leakage.intents import DAY, NOBODY, Account, Intent, Kind, Room
from bench.leakage.life import Life
from bench.leakage.rooms_life import live_room

__all__ = ["DAY", "NOBODY", "Account", "Intent", "Kind", "Room", "Size", "Society", "make"]


SEIZED_BEFORE_END_S: Final = 2.5 * 3_600
"""The machine is seized, and a recording ends, at half past nine on the last evening."""
ACQUAINTED_S: Final = 2 * 3_600
"""So long after two began to talk the one may be in a group that the other makes. An assumption."""
GROUPS_SHARE: Final = 0.35
"""Share of all messages that is said in groups. An assumption."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a society is. ``pace``: messages that an account writes a day, on average, but at least so many that
    everybody who knows one another talks once, and every group too.

    The defaults are what the real core can live in about an hour of one processor (`cost`): a week, and a pace that is
    a tenth or less of what people write. ``acquainted``: anyone who makes a group has talked in twos with all who are
    in it before, as with the app, which makes groups of contacts. Without it most have not.
    """

    accounts: int = 1_000
    days: int = 7
    pace: float = 1.0
    acquainted: bool = field(default=False, repr=False)


SMALL: Final = Size(30, 3, 3.0)
"""For tests: lived in seconds."""


@dataclass(frozen=True, slots=True)
class Society:
    """``contacts``: the pairs who know one another (each of them may have a room for two, and not all write in it).

    ``rooms[n].number == n`` and ``accounts[n].number == n``. ``addresses``: how many network addresses occur;
    ``home[a]`` is the account that is seen at address ``a`` most.
    """

    seed: int
    size: Size
    accounts: Sequence[Account]
    contacts: Sequence[tuple[int, int]]
    rooms: Sequence[Room]
    addresses: int
    intents: Sequence[Intent]
    seized: int = 0
    """On the evening of which day, counted from 1, the machine is seized and everything ends; 0: of the last."""

    @property
    def days(self) -> int:
        """How many days there are until the machine is seized."""
        return self.seized or self.size.days

    @property
    def end(self) -> float:
        """When the machine is seized."""
        return self.days * DAY - SEIZED_BEFORE_END_S

    def until(self, day: int) -> Society:
        """The same society, of which the machine is seized on that day already. 0: on the last."""
        if day >= self.size.days or not day:
            return replace(self, seized=0)
        cut = replace(self, seized=day)
        return replace(cut, intents=[intent for intent in self.intents if intent.t < cut.end])


def make(seed: int, size: Size = SMALL) -> Society:
    """The society of ``seed``. Takes a second or two for each 30,000 messages."""
    drawn = circles.draw(seed, size.accounts)
    if size.acquainted:
        drawn = circles.acquainted(drawn)
    life = _people(seed, size, drawn)
    rooms: list[Room] = []
    talked: dict[frozenset[int], float] = {}
    for members, conversations, pair in _shares(seed, size, drawn):
        dice = random.Random(f"{seed} {len(rooms)} {size}")
        after = max((talked.get(frozenset((members[0], other)), 0.0) for other in members[1:]), default=0.0)
        made = live_room(dice, life, len(rooms), members, conversations, pair=pair, after=after)
        if made is None:
            continue
        rooms.append(made)
        if pair and size.acquainted:
            talked[frozenset(members)] = made.created + ACQUAINTED_S
    life.intents.sort(key=lambda intent: (intent.t, intent.kind))
    return Society(seed, size, life.accounts, drawn.pairs, rooms, life.addresses.count, life.intents)


def _shares(seed: int, size: Size, drawn: circles.Circles) -> Iterator[tuple[Sequence[int], float, bool]]:
    """The members of each room, how many conversations it has beside its first one, and whether it is for two."""
    dice = random.Random(f"rooms {seed} {size}")
    total = size.accounts * size.pace * size.days / talk.TURNS
    for rooms, share, pair in ((drawn.pairs, 1.0 - GROUPS_SHARE, True), (drawn.groups, GROUPS_SHARE, False)):
        weights = [dice.lognormvariate(0.0, 1.2) for _ in rooms]
        rest = max(0.0, share * total - len(rooms))
        for members, weight in zip(rooms, weights, strict=True):
            yield members, rest * weight / sum(weights), pair


def _people(seed: int, size: Size, drawn: circles.Circles) -> Life:
    dice = random.Random(f"people {seed} {size}")
    life = Life(size.days, talk.Voices(dice, size.accounts))
    for number, household in enumerate(drawn.household):
        late = dice.random() < hours.LATE and size.days > 1
        arrives = dice.uniform(1, size.days * 0.8) * DAY if late else dice.uniform(7, 20) * hours.HOUR
        life.person(dice, number, household, arrives)
    return life
