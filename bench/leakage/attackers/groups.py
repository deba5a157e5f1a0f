"""Which people form groups: anyone who reads one place, and anyone who is written to in one breath.

After Brigham and Hopper (No Safety in Numbers, 2023): a message to a group goes to all its members but the sender, so
the sets of recipients repeat; the sender is the one whose mailbox gets the receipts of all of them. What is left of
that where rooms have places of their own is the moment in which a room is made: its invitations go to all inboxes in
one breath (`invited_together`). `GROUPERS` names the ways; who reports chooses one, as with pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

import numpy as np

from bench.leakage.attackers.addresses import votes
from bench.leakage.attackers.scene import Scene
from bench.leakage.trace import NOBODY, Events, Op

SMALLEST: Final = 3
RECEIPTS: Final = (0.08, 1.6)
SENDER: Final = 0.5
"""Mean receipts for each member from which a mailbox is taken for the sender's."""
OFTEN: Final = 0.35
"""Share of what the busiest does at a place, from which on others are of its room."""
ALIKE: Final = 0.75
"""Overlap from which two guesses are one group at two times."""


def guess_groups(scene: Scene) -> list[frozenset[int]]:
    """By places where people share them, by fan-outs where almost every place is one person's."""
    return readers_of_places(scene) if scene.rooms_are_shared else recipients_at_once(scene)


def readers_of_places(scene: Scene) -> list[frozenset[int]]:
    """The readers of each place that three or more share."""
    found = {frozenset(readers) for readers in scene.readers.values() if len(readers) >= SMALLEST}
    return sorted(found, key=sorted)


def recipients_at_once(scene: Scene) -> list[frozenset[int]]:
    """Sets of owners who are written to at once, with the sender where the receipts show one."""
    sets = _fan_outs(scene)
    counts: Counter[frozenset[int]] = Counter()
    back: dict[frozenset[int], Counter[int]] = defaultdict(Counter)
    known: dict[frozenset[int], Counter[int]] = defaultdict(Counter)
    answers = _answers(scene)
    for burst, (recipients, writer, t) in sets.items():
        del burst
        counts[recipients] += 1
        if writer != NOBODY and writer not in recipients:
            known[recipients][writer] += 1
        for person, count in answers(t).items():
            if person not in recipients:
                back[recipients][person] += count
    found: Counter[frozenset[int]] = Counter()
    for recipients, count in counts.items():
        if count >= 2 or known[recipients]:
            found[recipients | _senders(recipients, count, known[recipients], back[recipients])] += count
    return _merged(found)


def _senders(
    recipients: frozenset[int], count: int, known: Mapping[int, int], back: Mapping[int, int]
) -> frozenset[int]:
    if known:
        return frozenset(known)
    best = max(back.items(), key=lambda item: (item[1], -item[0]), default=(NOBODY, 0))
    return frozenset({best[0]}) if best[1] >= SENDER * count * min(len(recipients), 4) else frozenset()


def _fan_outs(scene: Scene) -> dict[int, tuple[frozenset[int], int, float]]:
    """Recipients, writer if known, and time of each fan-out to two or more."""
    appended = scene.seen.events["op"] == Op.APPEND
    events, writers = scene.seen.events[appended], scene.person[appended]
    many = np.flatnonzero(scene.fanout >= SMALLEST - 1)
    found: dict[int, tuple[set[int], int, float]] = {}
    for at in many.tolist():
        owner = scene.owner.get(int(events["place"][at]), NOBODY)
        burst = int(scene.bursts[at])
        recipients, _, _ = found.setdefault(burst, (set(), int(writers[at]), float(events["t"][at])))
        if owner != NOBODY:
            recipients.add(owner)
    return {
        burst: (frozenset(recipients), writer, t)
        for burst, (recipients, writer, t) in found.items()
        if len(recipients) >= SMALLEST - 1
    }


def invited_together(scene: Scene) -> list[frozenset[int]]:
    """Sets of people to whose inboxes something of one size came in one breath, with who wrote it if an address says.

    Two are enough: anyone who wrote to them is the third.
    """
    its = scene.inboxes
    if not len(its.events):
        return []
    fresh = (np.diff(its.fan, prepend=-1) != 0) | (np.diff(its.events["size"], prepend=-1) != 0)
    found = set()
    for rows in np.split(np.arange(len(fresh)), np.flatnonzero(fresh)[1:]):
        people = set(its.person[rows].tolist())
        if len(people) >= SMALLEST - 1:
            found.add(frozenset(people | _writer(scene, its.events[rows], people)))
    return sorted(found, key=sorted)


def _writer(scene: Scene, written: Events, people: AbstractSet[int]) -> set[int]:
    """The one person who is at the address of all of it and is not written to."""
    sets, which = scene.present.at(written["addr"], written["t"])
    able = set.intersection(*(set(sets[at]) for at in which.tolist())) - people
    return able if len(able) == 1 else set()


def at_one_place(scene: Scene) -> list[frozenset[int]]:
    """Three or more who, as their addresses say, use the same room's boxes much."""
    found = set()
    for used in votes(scene).explained().values():
        often = frozenset(person for person, count in used.items() if count >= OFTEN * max(used.values()))
        if len(often) >= SMALLEST:
            found.add(often)
    return sorted(found, key=sorted)


GROUPERS: Final[Mapping[str, Callable[[Scene], list[frozenset[int]]]]] = MappingProxyType(
    {
        "shared places or fan-outs": guess_groups,
        "invited together": invited_together,
        "at one place": at_one_place,
    }
)


class _answers:  # noqa: N801 - called like a function, made once
    """Who is written to alone in the moment after a time, and how often."""

    def __init__(self, scene: Scene) -> None:
        events = scene.seen.events[scene.seen.events["op"] == Op.APPEND]
        owner = np.array([scene.owner.get(place, NOBODY) for place in events["place"].tolist()], np.int64)
        single = (owner != NOBODY) & (scene.fanout == 1)
        self._t, self._owner = events["t"][single], owner[single]

    def __call__(self, t: float) -> Counter[int]:
        low, high = np.searchsorted(self._t, (t + RECEIPTS[0], t + RECEIPTS[1]))
        return Counter(self._owner[low:high].tolist())


def _merged(found: Mapping[frozenset[int], int]) -> list[frozenset[int]]:
    """Guesses that overlap much are one group: the most frequent stands for them."""
    kept: list[frozenset[int]] = []
    member: dict[int, list[int]] = defaultdict(list)
    for group, _ in sorted(found.items(), key=lambda item: (-item[1], sorted(item[0]))):
        if len(group) < SMALLEST:
            continue
        near = {at for person in group for at in member[person]}
        if any(len(group & kept[at]) >= ALIKE * len(group | kept[at]) for at in near):
            continue
        for person in group:
            member[person].append(len(kept))
        kept.append(group)
    return kept
