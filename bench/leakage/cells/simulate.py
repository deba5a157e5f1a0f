"""From a town to what its machines saw: a `Recording` without disks, as if clients connected themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from bench.leakage.cells.client import Asked, Delay, ask
from bench.leakage.cells.fan import Acts
from bench.leakage.cells.habits import NOW, Habits
from bench.leakage.cells.talking import Town
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Pair, Recording, Role, Truth

NAME: Final = "ours, requests alone"


def record(
    town: Town,
    delay: Delay | None = None,
    probes: Acts | None = None,
    habits: Habits = NOW,
    *,
    all_of_it: bool = True,
) -> Recording:
    """The clients of ``town``. ``delay`` and ``probes``: what an active adversary does, see `client.ask`. Not
    ``all_of_it``: see there.
    """
    asked = ask(town, delay, probes, habits, all_of_it=all_of_it)
    requests = asked.requests
    live = np.full(len(requests.t), NOBODY, EVENT)
    live["t"], live["op"], live["place"], live["size"] = requests.t, requests.op, requests.place, requests.size
    live["addr"] = town.online.address_of(requests.device, requests.t)
    live["at"] = np.where(requests.op == Op.LOOKUP, Role.DIRECTORY, Role.RELAY)
    live["conn"], owners = _connections(town, asked)
    return _recording(town, live, replace(truth_of(town), room_of=_rooms(town, asked), account_of_conn=owners))


def unseen(town: Town) -> Recording:
    """Nothing of what passes, and what is true."""
    return _recording(town, np.empty(0, EVENT), truth_of(town))


def _recording(town: Town, live: Events, truth: Truth) -> Recording:
    inboxes = {account: account for account in range(town.crowd.accounts)}
    nothing = np.empty(0, EVENT)
    return Recording(NAME, live, nothing, nothing, inboxes, truth)


def _connections(town: Town, asked: Asked) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Owners]:
    """Each request has a connection of its own, but an inbox is read on one for each span that a device is there."""
    requests, online = asked.requests, town.online
    conn = len(online.device) + np.arange(len(requests.t))
    keys = online.device * 1e8 + online.begin
    at = requests.inbox
    when = requests.device[at] * 1e8 + requests.t[at]
    ended = requests.op[at] == Op.CLOSE
    span = np.searchsorted(keys, when, side="right") - 1
    span[ended] = np.searchsorted(keys, when[ended]) - 1
    conn[at] = span
    owners = np.full(len(online.device) + len(requests.t), NOBODY, np.int32)
    owners[conn] = online.account[requests.device]
    return conn, Owners(owners)


def _rooms(town: Town, asked: Asked) -> dict[int, int]:
    """The room of each box."""
    return dict(enumerate(asked.room_of.tolist(), town.crowd.accounts))


def truth_of(town: Town) -> Truth:
    """Who talked with whom; no box and no connection is in it."""
    rooms = [frozenset(each) for each in town.rooms.members]
    wrote = {int(room) for room in np.unique(town.said.room)}
    talks: set[Pair] = {
        (min(each), max(each)) for number, each in enumerate(town.rooms.members) if len(each) == 2 and number in wrote
    }
    return Truth(town.crowd.accounts, frozenset(talks), rooms, {}, (), Owners([]), {})
