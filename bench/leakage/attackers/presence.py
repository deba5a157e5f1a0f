"""Who reads a place, by when it is asked for: for designs in which every request goes on a connection of its own.

Nothing ties two requests together but their address, if it is seen, and the hours in which a person is there, which
their mailbox shows: it is asked for again and again, or a question waits there. A long intersection attack (Berthold
and Langos, PET 2002; Danezis and Serjantov, IH 2004) in its least squares form (Perez-Gonzalez and Troncoso, PETS
2012): how often each place is asked for, in rounds, is explained as a sum of how long each person is there, with
weights that are not negative. The weights say whose devices read the place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.explained import explain
from bench.leakage.guess import Cast
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import Seen

BRIEF: Final = 5.0
"""Seconds that a connection for one request lasts at most."""
SHARE: Final = 0.8
"""Share of brief connections from which on a design is one of single requests."""
ROUND: Final = 900.0
"""Seconds of a round."""
MEMBER: Final = 0.35
"""Share of the highest weight at a place from which on somebody is taken for a reader of it."""
FEWEST: Final = 6
"""Requests without which a place says nothing."""
PAUSE: Final = 480.0
"""Seconds without a question for a mailbox that is asked for again and again, after which its owner is not there."""

Hours: TypeAlias = Mapping[int, Sequence[tuple[float, float]]]
"""When each person is there, from and until, in order."""
Weights: TypeAlias = dict[int, dict[int, float]]
"""How much each person has to do with each place."""


def single_requests(seen: Seen) -> bool:
    """Whether almost every connection that reads anything but mailboxes is there for one request."""
    events = seen.events[seen.events["conn"] != NOBODY]
    others = (events["op"] == Op.READ) & ~np.isin(events["place"], list(seen.mailboxes))
    reading = np.unique(events["conn"][others])
    if not len(reading) or not seen.mailboxes:
        return False
    order = np.lexsort((events["t"], events["conn"]))
    conns, first = np.unique(events["conn"][order], return_index=True)
    last = np.append(first[1:], len(order)) - 1
    lasted = events["t"][order][last] - events["t"][order][first]
    return bool(np.mean(lasted[np.isin(conns, reading)] <= BRIEF) >= SHARE)


def cast_of(seen: Seen) -> Cast:
    """A person for each mailbox; with addresses, the one who asks for it most from an address is its person."""
    after = 1 + max(seen.directory.values(), default=0)
    unnamed = sorted(seen.mailboxes - set(seen.directory))
    own = dict(seen.directory) | {place: after + at for at, place in enumerate(unnamed)}
    return Cast({account: account for account in seen.directory.values()}, _by_address(seen, own), own)


def _by_address(seen: Seen, own: dict[int, int]) -> dict[int, int]:
    events = seen.events[(seen.events["addr"] != NOBODY) & (seen.events["conn"] != NOBODY)]
    asked = events[(events["op"] == Op.READ) & np.isin(events["place"], list(own))]
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for addr, place in zip(asked["addr"].tolist(), asked["place"].tolist(), strict=True):
        counts[addr][own[place]] += 1
    home = {addr: max(found.items(), key=lambda item: (item[1], -item[0]))[0] for addr, found in counts.items()}
    conns, first = np.unique(events["conn"], return_index=True)
    pairs = zip(conns.tolist(), events["addr"][first].tolist(), strict=True)
    return {conn: home[addr] for conn, addr in pairs if addr in home}


def hours(seen: Seen, cast: Cast) -> Hours:
    """When each person is there, by their mailboxes."""
    events = seen.events[seen.events["conn"] != NOBODY]
    asked = events[(events["op"] == Op.READ) & np.isin(events["place"], list(cast.places))]
    ended = events[events["op"] == Op.CLOSE]
    ends = dict(zip(ended["conn"].tolist(), ended["t"].tolist(), strict=True))
    last = float(events["t"].max(initial=0.0))
    spans: dict[int, list[tuple[float, float]]] = {person: [] for person in cast.places.values()}
    for place, conn, t in zip(asked["place"].tolist(), asked["conn"].tolist(), asked["t"].tolist(), strict=True):
        spans[cast.places[place]].append((t, ends.get(conn, last)))
    lengths = [end - begin for each in spans.values() for begin, end in each]
    pause = PAUSE if lengths and float(np.median(lengths)) <= BRIEF else 0.0
    return {person: _joined(sorted(each), pause) for person, each in spans.items()}


def _joined(spans: list[tuple[float, float]], pause: float) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for begin, end in spans:
        if found and begin - found[-1][1] <= pause:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def times_of(seen: Seen, op: Op) -> dict[int, NDArray[np.float64]]:
    """When each place was asked for, or written to, in order."""
    events = seen.events[(seen.events["op"] == op) & (seen.events["place"] != NOBODY)]
    order = np.lexsort((events["t"], events["place"]))
    places, first = np.unique(events["place"][order], return_index=True)
    if not len(places):
        return {}
    return dict(zip(places.tolist(), np.split(events["t"][order], first[1:]), strict=True))


def weights(seen: Seen, cast: Cast, there: Hours) -> Weights:
    """For each place that is no mailbox the weight of each person in how often it is asked for."""
    return _seen(seen, cast) if cast.conns else _explained(seen, cast, there)


def _seen(seen: Seen, cast: Cast) -> Weights:
    """With addresses: how often each person asks, beside anyone who asks most."""
    asked = seen.events[(seen.events["op"] == Op.READ) & ~np.isin(seen.events["place"], list(cast.places))]
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for place, conn in zip(asked["place"].tolist(), asked["conn"].tolist(), strict=True):
        if conn in cast.conns:
            counts[place][cast.conns[conn]] += 1
    return {
        place: {person: count / max(each.values()) for person, count in sorted(each.items())}
        for place, each in sorted(counts.items())
        if each.total() >= FEWEST
    }


def _explained(seen: Seen, cast: Cast, there: Hours) -> Weights:
    """Without them: by when people are there."""
    edges: NDArray[np.float64] = np.arange(int(seen.events["t"].max(initial=0.0) / ROUND) + 2, dtype=np.float64) * ROUND
    people = sorted(there)
    shares = np.stack([_in_rounds(there[person], edges) for person in people], axis=1) if people else None
    found: Weights = {}
    for place, times in times_of(seen, Op.READ).items():
        if shares is None or place in cast.places or len(times) < FEWEST:
            continue
        low, high = int(times[0] / ROUND), int(times[-1] / ROUND) + 1
        counts = np.histogram(times, edges)[0].astype(np.float64)
        found[place] = explain(shares[low:high], counts[low:high], people)
    return found


def _in_rounds(spans: Sequence[tuple[float, float]], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many minutes of each round fall into ``spans``."""
    found = np.zeros(len(edges) - 1)
    for begin, end in spans:
        found += np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0.0, None) / 60.0
    return found


def members(found: Mapping[int, Mapping[int, float]]) -> dict[int, set[int]]:
    """Who reads each place, by weight."""
    return {
        place: {person for person, weight in each.items() if weight >= MEMBER * max(each.values())}
        for place, each in found.items()
    }
