"""Attackers: from what a view shows to scored pairs, groups and successions. Each is the strongest of its kind known.

`ATTACKERS` names them; `attack` lets one guess. Anyone who reports chooses, on societies that are not reported, the
best attacker for each design and view, and reports that one (see `bench.leakage.tournament`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np

from bench.leakage.attackers import arrivals, disk
from bench.leakage.attackers.addresses import at_addresses
from bench.leakage.attackers.born import after_requests, two_present
from bench.leakage.attackers.chains import chain, rooms
from bench.leakage.attackers.cooccurrence import co_occurrence
from bench.leakage.attackers.disclosure import least_squares, matched, sda
from bench.leakage.attackers.disk_chains import chain_in_memory, chain_on_disk
from bench.leakage.attackers.distance import same_distance
from bench.leakage.attackers.first_contact import FIRST_CONTACTS
from bench.leakage.attackers.followers import follow
from bench.leakage.attackers.groups import GROUPERS
from bench.leakage.attackers.linking import link
from bench.leakage.attackers.lookups import letters, look_ups
from bench.leakage.attackers.memory import many_waits, same_second
from bench.leakage.attackers.presence import cast_of, hours, single_requests, weights
from bench.leakage.attackers.scene import Scene
from bench.leakage.attackers.timing import correlation
from bench.leakage.attackers.trained import Table, tabulate
from bench.leakage.guess import Guess, Pairs
from bench.leakage.trace import Op, Pair
from bench.leakage.views import Seen, View

__all__ = ["ATTACKERS", "GROUPERS", "PairAttack", "Scene", "attack", "fused", "guess_all", "prepare", "table"]

PASSES: Final = 2

PairAttack = Callable[[Scene], Pairs]


def fused(scene: Scene) -> Pairs:
    """Co-occurrence and the disclosure attacks voting by rank."""
    return _votes(scene, VOTERS)


def _votes(scene: Scene, voters: Sequence[str]) -> Pairs:
    """Each pair by the sum of its reciprocal ranks."""
    votes: dict[tuple[int, int], float] = {}
    for name in voters:
        pairs = attack(scene, name)
        order = np.argsort(-pairs.score, kind="stable")
        for place, at in enumerate(order.tolist()):
            low, high = sorted((int(pairs.left[at]), int(pairs.right[at])))
            votes[low, high] = votes.get((low, high), 0.0) + 1.0 / (10.0 + place)
    return Pairs.of(dict(sorted(votes.items())))


def by_presence(scene: Scene) -> Pairs:
    """Pairs by who is there when places are read."""
    return _sharing(scene.weights)


def by_writes(scene: Scene) -> Pairs:
    """Pairs by who is there when somebody has written."""
    return _sharing(arrivals.by_writes(scene.seen, scene.cast, scene.hours) if scene.hours else {})


def by_arrivals(scene: Scene) -> Pairs:
    """Pairs by who has come when a place is read though nobody has written."""
    return _sharing(arrivals.by_arrivals(scene.seen, scene.cast, scene.hours) if scene.hours else {})


def by_hours(scene: Scene) -> Pairs:
    """The three before voting by rank."""
    return _votes(scene, ("presence", "presence at writes", "arrivals"))


def together(scene: Scene) -> Pairs:
    """What inboxes and addresses say."""
    return _added(scene, ("first contact", "first contact, 2 hours", *ADDRESSES))


def by_addresses(scene: Scene) -> Pairs:
    """What addresses say."""
    return _added(scene, ADDRESSES)


def _added(scene: Scene, names: Sequence[str]) -> Pairs:
    """Several scores, each by how far above its mean it is: nobody looks at one trace alone."""
    found: dict[Pair, float] = {}
    for pairs in (attack(scene, name) for name in names):
        mean = float(pairs.score.mean()) if len(pairs.score) else 1.0
        low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
        for one, two, score in zip(low.tolist(), high.tolist(), pairs.score.tolist(), strict=True):
            found[one, two] = found.get((one, two), 0.0) + score / mean
    return Pairs.of(dict(sorted(found.items())))


def _sharing(weights: Mapping[int, Mapping[int, float]]) -> Pairs:
    """Pairs by how much both have to do with one place, the fewer others have the more it says."""
    found: dict[Pair, float] = {}
    for persons in weights.values():
        whole = sum(persons.values())
        for (one, mine), (two, theirs) in combinations(sorted(persons.items()), 2):
            found[one, two] = found.get((one, two), 0.0) + mine * theirs / max(1.0, whole) ** 2
    return Pairs.of(found)


VOTERS: Final = ("co-occurrence", "matched disclosure", "statistical disclosure", "event correlation")
ADDRESSES: Final = ("at addresses", "look-ups", "letters")
ATTACKERS: Final[Mapping[str, PairAttack]] = MappingProxyType(
    {
        "co-occurrence": co_occurrence,
        "statistical disclosure": sda,
        "matched disclosure": matched,
        "least squares": least_squares,
        "event correlation": correlation,
        "votes of all": fused,
        "same moment": disk.same_moment,
        "same moment and size": disk.same_moment_and_size,
        "same size": disk.same_size,
        "busy people": disk.busy,
        "same second": same_second,
        "many waits": many_waits,
        "presence": by_presence,
        "presence at writes": by_writes,
        "arrivals": by_arrivals,
        "votes of hours": by_hours,
        **FIRST_CONTACTS,
        "at addresses": at_addresses,
        "look-ups": look_ups,
        "letters": letters,
        "same distance": same_distance,
        "two who are there": two_present,
        "rooms after requests": after_requests,
        "inboxes and addresses together": together,
        "addresses together": by_addresses,
    }
)


def attack(scene: Scene, name: str) -> Pairs:
    """The pairs that the attacker ``name`` guesses; remembered with the scene."""
    if name not in scene.guesses:
        scene.guesses[name] = ATTACKERS[name](scene)
    return scene.guesses[name]


def table(scene: Scene) -> Table:
    """What all attackers say of each pair, for one that learns (`trained`)."""
    return tabulate(scene, {name: attack(scene, name) for name in ATTACKERS})


def prepare(seen: Seen) -> tuple[Scene, frozenset[Pair]]:
    """Who stands behind what, and which places are one room in turn: each helps with the other, so it is done twice.

    The scene that comes out has one number for all places of a room; the successions are of the places as they were.
    """
    if single_requests(seen):
        cast = cast_of(seen)
        followed, there = follow(seen, cast), hours(seen, cast)
        joined = _joined(seen, rooms(followed))
        return Scene(joined, cast, weights=weights(joined, cast, there), hours=there), followed
    scene, chained = Scene(seen, link(seen, {})), frozenset[Pair]()
    if not seen.rooms_move or seen.view is View.DISK:
        return scene, chain_on_disk(seen) if seen.rooms_move else chained
    if seen.view is View.MEMORY:
        return scene, chain_in_memory(scene)  # too unsure to build on
    for _ in range(PASSES):
        chained = chain(scene)
        scene = Scene(seen, link(seen, rooms(chained)))
    return Scene(_joined(seen, rooms(chained)), scene.cast), chained


def _joined(seen: Seen, room: Mapping[int, int]) -> Seen:
    """Places of one room under one number. What is looked up is an account, not a place."""
    events = seen.events.copy()
    where = events["op"] != Op.LOOKUP
    places, which = np.unique(events["place"][where], return_inverse=True)
    events["place"][where] = np.array([room.get(place, place) for place in places.tolist()], np.int64)[which]
    return replace(seen, events=events)


def guess_all(seen: Seen) -> tuple[Scene, Mapping[str, Guess]]:
    """Groups, by each way to guess them, and successions of a view, and the scene for attacks on pairs."""
    scene, successions = prepare(seen)
    return scene, {
        name: Guess(scene.cast, Pairs.none(), grouped(scene), successions) for name, grouped in GROUPERS.items()
    }
