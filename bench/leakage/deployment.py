"""Which machine sees what, by how a design is deployed: the same recording, as it passes at each role's machine.

*Direct* has no ingress: clients connect to relay and directory themselves. *Behind a plain ingress* every request of a
client goes through an ingress in a sealed cell at the moment at which it would have gone, and so does each answer;
relay and directory get it with no address. Nothing is added and nothing waits: what Oblivious HTTP (RFC 9458) gives by
itself.

Anyone who sees network addresses is taken to know whose they are (``who``): a telecom does. That is worse than what an
address alone says, so that figures of an ingress are not too low.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.trace import EVENT, NOBODY, Events, Op, Recording, Role

CELL_UP: Final = 3_072
CELL_DOWN: Final = 512
HOP: Final = 0.02
"""Seconds from the ingress to the machine behind it, in either direction."""
_ASKS: Final = (Op.APPEND, Op.READ, Op.ERASE, Op.PUT_BLOB, Op.GET_BLOB, Op.LOOKUP)
_LASTS: Final = (Op.OPEN, Op.CLOSE)


def direct(recording: Recording) -> Recording:
    """Clients connect themselves; anyone who sees an address knows whose it is."""
    live = recording.live.copy()
    known = live["addr"] != NOBODY
    live["who"][known] = _accounts(recording, live)[known]
    return replace(recording, live=live)


def behind_ingress(recording: Recording) -> Recording:
    """Clients reach relay and directory through a plain ingress.

    Of the connections that clients open the ingress sees those that last, which before decision 0061 were those that
    read an inbox: they show who is there. All requests go on the one connection that a device has to its ingress.
    """
    live = recording.live
    behind = live.copy()
    behind["addr"] = NOBODY
    behind["t"] += HOP
    inboxes = np.isin(live["place"], list(recording.directory)) & (live["op"] == Op.READ)
    lasting = np.isin(live["conn"], np.unique(live["conn"][inboxes])) & np.isin(live["op"], _LASTS)
    cells = np.isin(live["op"], (*_ASKS, Op.DELIVER)) | lasting
    return replace(recording, live=_in_time(np.concatenate([behind, _at_ingress(recording, live[cells])])))


def hide_addresses(recording: Recording) -> Recording:
    """What relay and directory get behind a plain ingress, without what that sees. In place: it may be gigabytes."""
    recording.live["addr"] = NOBODY
    recording.live["t"] += HOP
    return recording


def _at_ingress(recording: Recording, events: Events) -> Events:
    seen = np.full(len(events), NOBODY, EVENT)
    answers = events["op"] == Op.DELIVER
    seen["t"] = events["t"] + np.where(answers, HOP, 0.0)
    seen["op"] = np.where(answers, Op.ANSWERED, np.where(np.isin(events["op"], _LASTS), events["op"], Op.SENT))
    seen["addr"] = events["addr"]
    seen["who"] = _accounts(recording, events)
    seen["size"] = np.where(answers, _cells(events["size"], CELL_DOWN), _cells(events["size"], CELL_UP))
    seen["at"] = Role.INGRESS
    return seen


def _cells(size: NDArray[np.int32], cell: int) -> NDArray[np.int32]:
    """Bytes of so many whole cells as ``size`` needs; one at least."""
    return np.asarray(np.maximum(1, -(-size // cell)) * cell, np.int32)


def _accounts(recording: Recording, events: Events) -> NDArray[np.int32]:
    accounts = recording.truth.account_of_conn.accounts
    found = np.full(len(events), NOBODY, np.int32)
    known = (events["conn"] >= 0) & (events["conn"] < len(accounts))
    found[known] = accounts[events["conn"][known]]
    return found


def _in_time(events: Events) -> Events:
    return events[np.argsort(events["t"], kind="stable")]
