"""Attackers at a directory: it sees which handle is looked up when, and by nobody it could name."""

from __future__ import annotations

import numpy as np

from bench.leakage.cells.attackers.coincidence import coinciding
from bench.leakage.guess import Pairs
from bench.leakage.role_views import RoleSeen
from bench.leakage.trace import Events, Op, Role


def own_together(seen: RoleSeen, accounts: int) -> Pairs:
    """Devices that come look up their own handle: who comes in the minutes in which another does."""
    asked = _asked(seen)
    return coinciding(asked["t"], np.asarray(asked["place"], np.int64), accounts, 60.0, (300.0, 900.0, 1_800.0))


def asked_together(seen: RoleSeen, accounts: int) -> Pairs:
    """Handles that are looked up in one breath: one asked for both, as anyone does who makes a group of them."""
    asked = _asked(seen)
    return coinciding(asked["t"], np.asarray(asked["place"], np.int64), accounts, 2.0, (20.0, 60.0, 180.0))


def _asked(seen: RoleSeen) -> Events:
    events = seen.at(Role.DIRECTORY)
    asked: Events = events[events["op"] == Op.LOOKUP]
    return asked
