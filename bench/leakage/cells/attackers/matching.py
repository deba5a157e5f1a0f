"""Attackers for those who see both sides: the cell that comes from an address is the request that reaches a box.

Where clients connect themselves, one machine sees address and box at once. Where an ingress forwards, its operator and
another together see the same cell at both, a moment apart: with no cover and no batches they need no content.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.deployment import HOP
from bench.leakage.guess import Pairs
from bench.leakage.role_views import RoleSeen
from bench.leakage.trace import Events, Op, Role

NEAR: Final = 0.002
"""Seconds within which a cell at both sides is the same one."""
MOST: Final = 6
"""A client that sends so many at once is still told apart."""
SMALL: Final = 0.02
"""People with a smaller share of what is asked at a box are there by a wrong match."""


def boxes(seen: RoleSeen, accounts: int) -> Pairs:
    """Pairs by the boxes that both ask for; the fewer others do, the more it says."""
    events = seen.at(Role.RELAY)
    room = (events["place"] >= 0) & ~np.isin(events["place"], list(seen.directory))
    asked = events[room & np.isin(events["op"], (Op.READ, Op.APPEND))]
    place, who = _matched(seen, asked)
    if not len(who):
        return Pairs.none()
    places, which = np.unique(place, return_inverse=True)
    table = sparse.csr_matrix((np.ones(len(who), np.float32), (which, who)), shape=(len(places), accounts))
    whole = np.asarray(table.sum(axis=1)).ravel()
    table = sparse.diags(1.0 / np.maximum(1.0, whole)) @ table
    table.data[table.data < SMALL] = 0.0
    table.eliminate_zeros()
    people = np.diff(table.tocsr().indptr)
    table.data[:] = np.sqrt(table.data)
    weight = sparse.diags(np.log1p(whole) / np.maximum(1.0, people - 1.0) ** 2)
    return _upper(table.T @ weight @ table)


def look_ups(seen: RoleSeen, accounts: int) -> Pairs:
    """Pairs by who looks up whom."""
    events = seen.at(Role.DIRECTORY)
    place, who = _matched(seen, events[events["op"] == Op.LOOKUP])
    low, high = np.minimum(place, who), np.maximum(place, who)
    apart = low != high
    one = np.ones(int(apart.sum()), np.float32)
    return _upper(sparse.csr_matrix((one, (low[apart], high[apart])), shape=(accounts, accounts)))


def _matched(seen: RoleSeen, asked: Events) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The place of each request and who asked, where that is seen or only one account's cells fit."""
    known = asked[asked["who"] >= 0]
    asked = asked[asked["who"] < 0]
    cells = seen.at(Role.INGRESS)
    cells = cells[cells["op"] == Op.SENT]
    first = np.searchsorted(cells["t"], asked["t"] - HOP - NEAR)
    last = np.searchsorted(cells["t"], asked["t"] - HOP + NEAR)
    alone = (last > first) & (last - first <= MOST)
    for step in range(1, MOST):
        further = first + step < last
        alone[further] &= cells["who"][(first + step)[further]] == cells["who"][first[further]]
    place = np.concatenate([known["place"], asked["place"][alone]])
    who = np.concatenate([known["who"], cells["who"][first[alone]]])
    return np.asarray(place, np.int64), np.asarray(who, np.int64)


def _upper(table: sparse.spmatrix) -> Pairs:
    both = table.tocoo()
    upper = (both.row < both.col) & (both.data > 0)
    return Pairs(
        both.row[upper].astype(np.int64), both.col[upper].astype(np.int64), both.data[upper].astype(np.float64)
    )
