"""Attackers at an ingress: it sees when each address sends a cell and gets one, and nothing of what is in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.leakage.cells.attackers.coincidence import coinciding, pairs_of
from bench.leakage.guess import Pairs
from bench.leakage.intents import DAY
from bench.leakage.role_views import LASTING, RoleSeen
from bench.leakage.trace import Events, Op, Role

MINUTE: Final = 60.0
QUIET: Final = 120.0
"""A stretch begins with a cell after so long without any."""
SLOT: Final = 600.0
"""Long intersection counts in slots of so many seconds."""


def same_seconds(seen: RoleSeen, accounts: int) -> Pairs:
    """Who sends in the seconds in which another does, beside the minutes around."""
    sent = _sent(seen)
    return coinciding(sent["t"], _who(sent), accounts, 2.0, (20.0, 40.0, 70.0))


def two_alone(seen: RoleSeen, accounts: int) -> Pairs:
    """Who sends in the seconds in which one other does and hardly anybody else."""
    sent = _sent(seen)
    return coinciding(sent["t"], _who(sent), accounts, 2.0, (20.0, 40.0, 70.0), alone=True)


def same_minutes(seen: RoleSeen, accounts: int) -> Pairs:
    """Who sends in the same minutes, beside the hour around."""
    sent = _sent(seen)
    return coinciding(sent["t"], _who(sent), accounts, 30.0, (15 * MINUTE, 30 * MINUTE, 50 * MINUTE))


def co_starts(seen: RoleSeen, accounts: int) -> Pairs:
    """Whose quiet ends at the same time, beside the hour around."""
    sent = _sent(seen)
    who = _who(sent)
    order = np.lexsort((sent["t"], who))
    t, person = sent["t"][order], who[order]
    starts = np.ones(len(t), bool)
    starts[1:] = (person[1:] != person[:-1]) | (np.diff(t) > QUIET)
    return coinciding(t[starts], person[starts], accounts, 10.0, (2 * MINUTE, 5 * MINUTE, 15 * MINUTE))


def on_and_off(seen: RoleSeen, accounts: int) -> Pairs:
    """Who comes and goes with another, within two minutes."""
    events = seen.at(Role.INGRESS)
    events = events[np.isin(events["op"], LASTING)]
    return coinciding(events["t"], _who(events), accounts, 2 * MINUTE, (20 * MINUTE, 40 * MINUTE, 60 * MINUTE))


def long_intersection(seen: RoleSeen, accounts: int) -> Pairs:
    """Whose busy and quiet slots go together over all days, beyond what the hour of the week explains.

    After Berthold and Langos (PET 2002), as a correlation: nobody needs to know who is in a conversation, only that
    those who talk are busy at once, again and again.
    """
    sent = _sent(seen)
    if not len(sent):
        return Pairs.none()
    slots = int(sent["t"].max() / SLOT) + 1
    at = (sent["t"] / SLOT).astype(np.int64)
    counts = sparse.csr_matrix((np.ones(len(at), np.float32), (_who(sent), at)), shape=(accounts, slots)).toarray()
    busy = np.log1p(counts)
    daily = int(DAY / SLOT)
    for hour in range(min(daily, slots)):
        busy[:, hour::daily] -= busy[:, hour::daily].mean(axis=1, keepdims=True)
    busy -= busy.mean(axis=0, keepdims=True)
    norm = np.linalg.norm(busy, axis=1, keepdims=True)
    busy /= np.where(norm > 0, norm, 1.0)
    return pairs_of(((0, each) for each in [busy @ busy.T * np.sqrt(slots)]), accounts)


def shared_homes(seen: RoleSeen, accounts: int) -> Pairs:
    """Who is seen at the same addresses. No protocol hides that two live together, so this is reported apart."""
    sent = _sent(seen)
    fits = sent["addr"] >= 0
    if not fits.any():
        return Pairs.none()
    addr = sent["addr"][fits].astype(np.int64)
    at = sparse.csr_matrix(
        (np.ones(len(addr), np.float32), (_who(sent)[fits], addr)), shape=(accounts, int(addr.max()) + 1)
    )
    whole = np.asarray(at.sum(axis=1)).ravel()
    at = sparse.diags(1.0 / np.maximum(1.0, whole)) @ at
    both = (at @ at.T).tocoo()
    upper = both.row < both.col
    return Pairs(
        both.row[upper].astype(np.int64), both.col[upper].astype(np.int64), both.data[upper].astype(np.float64)
    )


def _sent(seen: RoleSeen) -> Events:
    events = seen.at(Role.INGRESS)
    sent: Events = events[(events["op"] == Op.SENT) & (events["who"] >= 0)]
    return sent


def _who(events: Events) -> NDArray[np.int64]:
    return np.asarray(events["who"], np.int64)
