"""Who reads a place, by when it is asked for: for designs in which every request goes on a connection of its own.

Nothing ties two requests together but their address, if it is seen, and the hours in which a person is there. A long
intersection attack (Berthold and Langos, PET 2002; Danezis and Serjantov, IH 2004) in its least squares form
(Perez-Gonzalez and Troncoso, PETS 2012): how often each place is asked for, in rounds, is explained as a sum of how
often each mailbox is, with weights that are not negative. The weights say whose devices read the place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from bench.leakage.guess import Cast
from bench.leakage.trace import NOBODY, Events, Op
from bench.leakage.views import Seen

BRIEF: Final = 5.0
"""Seconds that a connection for one request lasts at most."""
SHARE: Final = 0.8
"""Share of brief connections from which on a design is one of single requests."""
ROUND: Final = 900.0
"""Seconds of a round."""
MEMBER: Final = 0.35
"""Weight from which on somebody is taken for a reader of a place."""
FEWEST: Final = 12
"""Requests without which a place says nothing."""


def single_requests(seen: Seen) -> bool:
    """Whether almost every connection that reads is there for one request."""
    events = seen.events[seen.events["conn"] != NOBODY]
    reading = np.unique(events["conn"][events["op"] == Op.READ])
    if not len(reading) or not seen.mailboxes:
        return False
    order = np.lexsort((events["t"], events["conn"]))
    conns, first = np.unique(events["conn"][order], return_index=True)
    last = np.append(first[1:], len(order)) - 1
    lasted = events["t"][order][last] - events["t"][order][first]
    return bool(np.mean(lasted[np.isin(conns, reading)] <= BRIEF) >= SHARE)


def cast_of(seen: Seen) -> Cast:
    """A person for each mailbox; with addresses, whoever asks for a mailbox from one most is who is there."""
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


def weights(seen: Seen, cast: Cast) -> dict[int, dict[int, float]]:
    """For each place that is no mailbox the weight of each person in how often it is asked for."""
    return _seen(seen, cast) if cast.conns else _explained(seen, cast)


def _seen(seen: Seen, cast: Cast) -> dict[int, dict[int, float]]:
    """With addresses: how often each person asks, beside whoever asks most."""
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


def _explained(seen: Seen, cast: Cast) -> dict[int, dict[int, float]]:
    """Without them: by when people are there."""
    asked = seen.events[seen.events["op"] == Op.READ]
    rounds = int(seen.events["t"].max() / ROUND) + 1 if len(seen.events) else 0
    people = sorted(set(cast.places.values()))
    there = np.zeros((rounds, len(people)))
    for place, person in cast.places.items():
        there[:, people.index(person)] += _counts(asked, place, rounds)
    found = {}
    for place in sorted(set(asked["place"].tolist()) - set(cast.places) - {NOBODY}):
        times = asked["t"][asked["place"] == place]
        if len(times) < FEWEST:
            continue
        low, high = int(times.min() / ROUND), int(times.max() / ROUND) + 1
        solved, _ = nnls(there[low:high], _counts(asked, place, rounds)[low:high])
        found[place] = {person: float(weight) for person, weight in zip(people, solved, strict=True) if weight > 0}
    return found


def _counts(asked: Events, place: int, rounds: int) -> NDArray[np.float64]:
    at = (asked["t"][asked["place"] == place] / ROUND).astype(np.int64)
    return np.bincount(at, minlength=rounds).astype(np.float64)


def members(found: Mapping[int, Mapping[int, float]]) -> dict[int, set[int]]:
    """Who reads each place, by weight."""
    return {place: {person for person, weight in each.items() if weight >= MEMBER} for place, each in found.items()}
