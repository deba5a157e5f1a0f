"""Who stands behind which connection: the first step of every attack on what passes.

Evidence, the surest first:

1. what the design tells its machine: logins, mailboxes that are addressed to an account, inboxes of public cards;
2. what connections do together (`devices`);
3. a session that reads the places that an earlier one read is the same person's: devices are recognised after each
   reconnection by their places, the rarer a place the more it says (threats T.11.8 to T.11.10 of Marmot's model);
4. a connection that only writes is that of the one whose deliveries its writes keep following (`satellites`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.leakage.attackers.devices import TOGETHER, Session, alone_at_address, distinct, sessions
from bench.leakage.attackers.satellites import attach
from bench.leakage.guess import Cast
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import Seen, View

SAME: Final = 0.4
"""Weighted overlap of place sets from which on two sessions, one after the other, are one person's."""
TWINS: Final = 0.8
"""The same for sessions at one time: two devices of one person read the same."""
GROWN: Final = 0.6
"""Share of the smaller of two sets that is in the other, from which on one has grown into the other."""
RAREST: Final = 6
"""Of how many of its rarest places a session's earlier readers are looked at."""


@dataclass(slots=True)
class Person:
    """Somebody, as far as the attacker can tell; ``places`` as last seen."""

    places: set[int]
    until: float


def link(seen: Seen, room: Mapping[int, int]) -> Cast:
    """The cast of a view; ``room`` gives one number to places that are taken for one room at different times."""
    names = named(seen)
    found = sessions(seen, names)
    for session in found:
        session.places = {room.get(place, place) for place in session.places}
    alone_at_address(found)
    accounts = _accounts(seen, names)
    persons = _recognise(found, 1 + max(accounts, default=0))
    conns = {conn: person for session, person in zip(found, persons, strict=True) for conn in session.conns}
    conns = attach(seen, conns)
    own = dict(seen.directory)
    if seen.view in {View.DISK, View.MEMORY}:
        own |= _unread(seen, after=1 + max([*accounts, *conns.values(), 0]))
    return Cast({account: account for account in accounts}, conns, own)


def _unread(seen: Seen, after: int) -> dict[int, int]:
    """On a disk nobody is seen to read: each place that names no owner is taken for a person of its own."""
    events = seen.events[seen.events["place"] != NOBODY]
    tied = np.isin(events["op"], (Op.READ, Op.DELIVER)) & (events["conn"] != NOBODY)
    tied |= (events["to"] != NOBODY) | (events["who"] != NOBODY)
    places = sorted(
        set(np.unique(events["place"]).tolist()) - set(events["place"][tied].tolist()) - set(seen.directory)
    )
    return {place: after + at for at, place in enumerate(places)}


def named(seen: Seen) -> dict[int, int]:
    """The account of each connection that says whose it is, or reads what belongs to an account by name."""
    events = seen.events
    found: dict[int, int] = {}
    reads = events[np.isin(events["op"], (Op.READ, Op.DELIVER)) & (events["conn"] != NOBODY)]
    if seen.directory:
        inboxes = np.array(sorted(seen.directory), np.int64)
        cards = reads[np.isin(reads["place"], inboxes)]
        found |= {conn: seen.directory[place] for conn, place in distinct(cards["conn"], cards["place"])}
    addressed = reads[reads["to"] != NOBODY]
    found |= dict(distinct(addressed["conn"], addressed["to"]))
    logins = events[(events["who"] != NOBODY) & (events["conn"] != NOBODY)]
    return found | dict(distinct(logins["conn"], logins["who"]))


def _accounts(seen: Seen, names: Mapping[int, int]) -> set[int]:
    found = set(names.values()) | set(seen.directory.values())
    for column in ("who", "to"):
        found |= set(np.unique(seen.events[column]).tolist())
    return found - {NOBODY}


def _recognise(found: list[Session], after: int) -> list[int]:
    """A person for each session: the account's number where there is a name, numbers above all accounts elsewhere."""
    readers: dict[int, int] = defaultdict(int)
    for session in found:
        for place in session.places:
            readers[place] += 1
    alone = _never_shared(found)
    weight = {place: math.log(1 + len(found) / count) for place, count in readers.items()}
    recogniser = _Recogniser(weight, alone, after)
    return [recogniser.person(session) for session in found]


def _never_shared(found: list[Session]) -> set[int]:
    """Places that no two sessions ever read at one time."""
    until: dict[int, float] = {}
    shared = set()
    for session in found:
        for place in session.places:
            if until.get(place, -math.inf) > session.begin + TOGETHER:
                shared.add(place)
            until[place] = max(session.end, until.get(place, -math.inf))
    return set(until) - shared


class _Recogniser:
    """Goes through sessions in time and gives each to the person whose last places it shares most."""

    def __init__(self, weight: Mapping[int, float], alone: set[int], after: int) -> None:
        self._weight = weight
        self._alone = alone
        self._next = after
        self._persons: dict[int, Person] = {}
        self._readers: dict[int, set[int]] = defaultdict(set)

    def person(self, session: Session) -> int:
        """Whose it is; a new person if it is nobody's."""
        number = session.name if session.name != NOBODY else self._best(session)
        if number == NOBODY:
            number, self._next = self._next, self._next + 1
        known = self._persons.get(number)
        for place in session.places:
            self._readers[place].add(number)
        until = max(session.end, known.until) if known else session.end
        self._persons[number] = Person(set(session.places), until)
        return number

    def _best(self, session: Session) -> int:
        read_before = [place for place in session.places if place in self._readers]
        rarest = sorted(read_before, key=lambda place: (place not in self._alone, -self._weight[place], place))[:RAREST]
        candidates = {number for place in rarest for number in self._readers[place]}
        scored = [(self._overlap(session, number), -number) for number in candidates]
        best, number = max(scored, default=(0.0, 0))
        return -number if best > 0.0 else NOBODY

    def _overlap(self, session: Session, number: int) -> float:
        """How much two sets of places share, 0 where it is too little for one person."""
        known = self._persons[number]
        both = session.places & known.places
        if both & self._alone:
            return 2.0 + len(both)
        both = {place for place in both if place >= 0}
        shared, mine, theirs = self._sum(both), self._sum(session.places), self._sum(known.places)
        alike = shared / (mine + theirs - shared)
        if known.until > session.begin + TOGETHER:
            return alike if alike >= TWINS and len(both) > 1 else 0.0
        grown = shared / min(mine, theirs)
        return alike if alike >= SAME or (grown >= GROWN and len(both) > 1) else 0.0

    def _sum(self, places: set[int]) -> float:
        """What places weigh; an address only counts where it settles the matter, above."""
        return sum(self._weight[place] for place in sorted(places) if place >= 0) or 1.0
