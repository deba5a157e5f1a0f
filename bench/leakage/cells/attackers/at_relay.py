"""Attackers at a relay that sees no addresses: boxes that nobody is named at, and inboxes whose owners a card names.

Before decision 0061 an inbox was read for as long as its owner was there, so a relay knew when each named person was
(`presence`). Where nothing waits at inboxes, each read of one still says that its owner is there (`signs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.cells.attackers.coincidence import binned, excess, moved
from bench.leakage.guess import Pairs
from bench.leakage.role_views import RoleSeen
from bench.leakage.trace import Events, Op, Role

CROWD: Final = 60
"""Of more people, those are looked at who are there at most of a box's moments."""
MOMENTS: Final = 300
"""So many moments of a box are looked at, spread over all; a third in a society of more than `LARGE`."""
LARGE: Final = 200
APART: Final = 4.0
"""Seconds between two moments that count: what comes sooner was caused by a digest."""
FEWEST: Final = 6
NOBODY_THERE: Final = 0.01
"""What a moment counts at which neither is there."""
LEAST: Final = 1e-3
SIGN: Final = 300.0
"""Seconds of a bin in which somebody is named."""
FADES: Final = 6
"""So many bins after being named somebody may have gone."""
_SPAN: Final = 1e8


def request_counts(seen: RoleSeen, accounts: int) -> Pairs:
    """Who was asked often is asked by anybody: pairs by how many large frames came into both inboxes."""
    events = seen.at(Role.RELAY)
    came = events[(events["op"] == Op.APPEND) & np.isin(events["place"], list(seen.directory))]
    came = came[came["size"] == came["size"].max(initial=0)]
    owner = np.array([seen.directory[place] for place in came["place"].tolist()], np.int64)
    count = np.bincount(owner, minlength=accounts).astype(np.float64)
    often = np.argsort(-count, kind="stable")[:2_000]
    one, two = np.triu_indices(len(often), 1)
    score = (0.5 + count[often[one]]) * (0.5 + count[often[two]])
    return Pairs(often[one].astype(np.int64), often[two].astype(np.int64), score) if len(came) else Pairs.none()


def presence(seen: RoleSeen, accounts: int) -> Pairs:
    """Which two people are there, one or the other, whenever a box is read or written: a likelihood over all pairs."""
    there = Presence.of(seen, accounts)
    if there is None:
        return Pairs.none()
    found: dict[int, float] = {}
    for moments in _moments(seen, MOMENTS if accounts <= LARGE else MOMENTS // 3):
        if len(moments) < FEWEST:
            continue
        for one, two, likely in _likely(moments, there):
            low, high = min(one, two), max(one, two)
            found[low * accounts + high] = found.get(low * accounts + high, 0.0) + likely * float(
                np.log1p(len(moments))
            )
    keys = np.array(sorted(found), np.int64)
    return Pairs(keys // accounts, keys % accounts, np.array([found[key] for key in keys.tolist()], np.float64))


def rhythm(seen: RoleSeen, accounts: int) -> Pairs:
    """Which boxes are read when a named person has just come: those are theirs; pairs share a box."""
    events = seen.at(Role.RELAY)
    boxes = _boxes(seen, events)
    reads = events[boxes & (events["op"] == Op.READ)]
    comes = events[~boxes & (events["op"] == Op.READ)]
    if not len(reads) or not len(comes):
        return Pairs.none()
    owner = np.array([seen.directory[place] for place in comes["place"].tolist()], np.int64)
    places, place = np.unique(reads["place"], return_inverse=True)
    bins = int(events["t"].max() / 10.0) + 1
    mine = binned(comes["t"], owner, accounts, 10.0, bins)
    theirs = binned(reads["t"], place.astype(np.int64), len(places), 10.0, bins)
    found = np.zeros((accounts, accounts), np.float32)
    for _, block in excess(theirs, mine, (-30, -12, 12, 30)):
        block[block < 1.0] = 0.0
        share = block / np.maximum(1.0, block.sum(axis=1, keepdims=True))
        found += share.T @ share
    one, two = np.nonzero(np.triu(found, 1) > 0)
    return Pairs(one.astype(np.int64), two.astype(np.int64), found[one, two].astype(np.float64))


def signs(seen: RoleSeen, accounts: int) -> Pairs:
    """Which boxes are active around the moments at which a person is named by a read of their inbox. The same hours of
    other days are what is expected.
    """
    t, who = _inbox_reads(seen)
    return _near(seen, accounts, t, who)


def signs_and_look_ups(seen: RoleSeen, accounts: int) -> Pairs:
    """The same where the directory is in the same hand: a person is named by a look-up of their handle, too."""
    t, who = _inbox_reads(seen)
    asked = seen.at(Role.DIRECTORY)
    asked = asked[asked["op"] == Op.LOOKUP]
    return _near(seen, accounts, np.concatenate([t, asked["t"]]), np.concatenate([who, asked["place"]]))


def _inbox_reads(seen: RoleSeen) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """When inboxes are read, and whose they are."""
    events = seen.at(Role.RELAY)
    reads = events[(events["op"] == Op.READ) & np.isin(events["place"], list(seen.directory))]
    return reads["t"], np.array([seen.directory[place] for place in reads["place"].tolist()], np.int64)


def _near(seen: RoleSeen, accounts: int, t: NDArray[np.float64], who: NDArray[np.int64]) -> Pairs:
    """Pairs by the boxes that are active around the moments ``t`` at which ``who`` are named."""
    relay = seen.at(Role.RELAY)
    used = relay[_boxes(seen, relay) & np.isin(relay["op"], (Op.READ, Op.APPEND))]
    if not len(t) or not len(used):
        return Pairs.none()
    boxes, place = np.unique(used["place"], return_inverse=True)
    bins = int(max(float(t.max()), float(used["t"].max())) / SIGN) + 1
    mine = around(binned(t, who, accounts, SIGN, bins))
    theirs = binned(used["t"], place.astype(np.int64), len(boxes), SIGN, bins)
    crowd = np.asarray(theirs.sum(axis=0)).ravel()
    theirs = sparse.csr_matrix(theirs @ sparse.diags((1.0 / np.maximum(1.0, crowd)).astype(np.float32)))
    day = round(86_400.0 / SIGN)
    found = np.zeros((accounts, accounts), np.float32)
    for _, block in excess(theirs, mine, (-2 * day, -day, day, 2 * day)):
        block[block < 0.0] = 0.0
        share = block / np.maximum(1e-6, block.sum(axis=1, keepdims=True))
        found += share.T @ share
    one, two = np.nonzero(np.triu(found, 1) > 0)
    return Pairs(one.astype(np.int64), two.astype(np.int64), found[one, two].astype(np.float64))


def around(table: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each sign, weaker and weaker in the bins before and after it."""
    found = table.copy()
    for lag in range(1, FADES):
        weight = np.float32(1.0 - lag / FADES)
        found = found + weight * (moved(table, lag) + moved(table, -lag))
    return sparse.csr_matrix(found)


class Presence:
    """When each named person's inbox is read by a connection that lasts."""

    def __init__(self, keys: NDArray[np.float64], open_: NDArray[np.int64], seconds: NDArray[np.float64]) -> None:
        self._keys, self._open, self.seconds = keys, open_, seconds

    @classmethod
    def of(cls, seen: RoleSeen, accounts: int) -> Presence | None:
        """None where nothing shows who is there."""
        events = seen.at(Role.RELAY)
        reads = events[(events["op"] == Op.READ) & np.isin(events["place"], list(seen.directory))]
        owner = {int(read["conn"]): seen.directory[int(read["place"])] for read in reads}
        lasting = events[np.isin(events["op"], (Op.OPEN, Op.CLOSE)) & np.isin(events["conn"], list(owner))]
        if not len(lasting):
            return None
        who = np.array([owner[conn] for conn in lasting["conn"].tolist()], np.int64)
        step = np.where(lasting["op"] == Op.OPEN, 1, -1)
        keys = who * _SPAN + lasting["t"]
        order = np.argsort(keys, kind="stable")
        total = np.cumsum(step[order])
        first = np.searchsorted(who[order], np.arange(accounts))
        before = np.concatenate([[0], total])[first]
        open_ = total - before[who[order]]
        end = float(events["t"].max())
        until = np.append(keys[order][1:], end + _SPAN * accounts)
        until = np.minimum(until, who[order] * _SPAN + end)
        seconds = np.bincount(who[order], (until - keys[order]) * (open_ > 0), minlength=accounts).astype(np.float64)
        return cls(keys[order], open_, seconds)

    def there(self, t: NDArray[np.float64], accounts: int) -> NDArray[np.bool_]:
        """Who is there at each moment, a column for each person."""
        asked = np.arange(accounts)[None, :] * _SPAN + t[:, None]
        at = np.searchsorted(self._keys, asked.ravel(), side="right").reshape(asked.shape) - 1
        same = (at >= 0) & ((self._keys[at] // _SPAN).astype(np.int64) == np.arange(accounts)[None, :])
        return np.asarray(same & (self._open[at] > 0), bool)


def _moments(seen: RoleSeen, most: int) -> Iterator[NDArray[np.float64]]:
    """For each box the moments at which it was asked for, apart from one another."""
    events = seen.at(Role.RELAY)
    kept = events[_boxes(seen, events) & np.isin(events["op"], (Op.READ, Op.APPEND))]
    order = np.lexsort((kept["t"], kept["place"]))
    t, place = kept["t"][order], kept["place"][order]
    _, first = np.unique(place, return_index=True)
    for times in np.split(t, first[1:]):
        if len(times):
            slot = np.unique((times / APART).astype(np.int64), return_index=True)[1]
            spread = times[slot]
            yield spread[np.linspace(0, len(spread) - 1, min(most, len(spread))).astype(np.int64)]


def _boxes(seen: RoleSeen, events: Events) -> NDArray[np.bool_]:
    return (events["place"] >= 0) & ~np.isin(events["place"], list(seen.directory))


def _likely(t: NDArray[np.float64], presence_: Presence) -> Iterator[tuple[int, int, float]]:
    """How likely each two people are those who ask at these moments: as in `born`."""
    there = presence_.there(t, len(presence_.seconds))
    often = there.sum(axis=0)
    chosen = np.argsort(-often, kind="stable")[:CROWD]
    seconds = 60.0 + presence_.seconds[chosen]
    one, two = np.triu_indices(len(chosen), 1)
    columns = there[:, chosen].astype(np.float64)
    both = (columns.T @ columns)[one, two]
    either = often[chosen][one] + often[chosen][two] - 2 * both
    score = both * np.log(2 + NOBODY_THERE) + either * np.log(1 + NOBODY_THERE)
    score += (len(t) - both - either) * np.log(NOBODY_THERE) - len(t) * np.log(seconds[one] + seconds[two])
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    for at in np.flatnonzero(likely > LEAST).tolist():
        yield int(chosen[one[at]]), int(chosen[two[at]]), float(likely[at])
