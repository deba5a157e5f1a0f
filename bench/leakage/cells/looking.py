"""When people look at their rooms."""

from __future__ import annotations

import numpy as np

from bench.leakage.cells.fan import Acts, Seats
from bench.leakage.cells.online import Times
from bench.leakage.cells.talking import Town
from bench.leakage.rooms_life import ONLOOKERS


def looked(dice: np.random.Generator, town: Town, seats: Seats) -> tuple[Acts, Times]:
    """Looks at a room (`rooms_life`): of who takes part, within seconds of what others say; of the others some minutes
    after a conversation began, and after its end. And when that was said.
    """
    said, online = town.said, town.online
    event, device = seats.fan(said.room)
    account = online.account[device]
    first = online.devices[account, 0] == device
    event, account = event[first], account[first]
    part = np.unique(said.conversation * 1_000_003 + said.account)
    active = np.isin(said.conversation[event] * 1_000_003 + account, part)
    order = np.argsort(said.conversation, kind="stable")
    ends = np.zeros(len(said.t), bool)
    change = np.flatnonzero(np.diff(said.conversation[order])) + 1
    ends[order[np.concatenate([[0], change])]] = ends[order[np.concatenate([change - 1, [len(order) - 1]])]] = True
    kept = (account != said.account[event]) & (active | ends[event])
    event, account, active = event[kept], account[kept], active[kept]
    wait = np.where(active, dice.uniform(1.0, 8.0, len(event)), dice.lognormal(*ONLOOKERS, len(event)))
    uses, t = online.used(dice, account, said.t[event] + wait)
    return Acts(t, said.room[event], uses), said.t[event]
