"""What devices acknowledge since docs/decisions/0067-slim-receipts.md, given what their people say and look at.

The laws are `delivery.receipts`: what came is told after an exponential time, what was read soon after a pause and in a
conversation half a minute later, each with the next message if there is one before. As in `client`, nothing is lost,
and a new epoch causes no receipts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

import numpy as np

from bench.leakage.cells.fan import Acts, Seats
from bench.leakage.cells.looking import looked
from bench.leakage.cells.online import NEVER, Online
from bench.leakage.cells.talking import Town
from nullabona.client.core.step import Timing

_TIMING: Final = Timing()
SOON: Final = _TIMING.receipt / 1_000
UNREAD: Final = _TIMING.receipt_unread / 1_000
REPLY: Final = _TIMING.reply / 1_000
PAUSE: Final = _TIMING.pause / 1_000
_CAME, _LOOKS, _SAYS = range(3)


@dataclass(slots=True)
class _Device:
    """One device in one room: what it owes the others."""

    dice: np.random.Generator
    devices: int
    """In the room."""
    sent: list[float] = field(default_factory=list)
    due: float = NEVER
    talked: float = -NEVER
    unread: bool = False

    def act(self, t: float, what: int) -> None:
        if self.due <= t:
            self.sent.append(self.due)
            self.due = NEVER
        if what == _SAYS:
            self.due, self.talked = NEVER, t
        elif what == _CAME:
            self.unread = True
            if self.due == NEVER:
                self.due = t + self.dice.exponential(UNREAD)
        elif self.unread:
            soon = SOON * max(1, self.devices // 4)
            talks = t - self.talked < PAUSE
            wait = REPLY + self.dice.uniform(0, max(REPLY, soon)) if talks else self.dice.uniform(0, soon)
            self.due, self.talked, self.unread = min(self.due, t + wait), t, False

    def rest(self) -> list[float]:
        """When its receipts are due, the last included."""
        return [*self.sent, *([self.due] if self.due < NEVER else [])]


def slim(dice: np.random.Generator, town: Town, seats: Seats, read: Acts, said: Acts) -> Acts:
    """The receipts of a town."""
    looks, _ = looked(dice, town, seats)
    return told(dice, town.online, seats, read, looks.only(looks.t < NEVER), said)


def told(dice: np.random.Generator, online: Online, seats: Seats, read: Acts, looks: Acts, said: Acts) -> Acts:
    """Those of devices that read, are looked at and say something; one that is due while its device is away goes out
    when that is back.
    """
    parts = [(read, _CAME), (looks, _LOOKS), (said, _SAYS)]
    events = Acts(*(np.concatenate([getattr(acts, name) for acts, _ in parts]) for name in ("t", "room", "device")))
    what = np.concatenate([np.full(len(acts.t), kind) for acts, kind in parts])
    order = np.lexsort((what, events.t, events.device, events.room))
    rows = zip(*(each[order].tolist() for each in (events.room, events.device, events.t, what)), strict=True)
    found = np.array(list(_sent(dice, seats, rows))).reshape(-1, 3)
    room, device = found[:, 1].astype(np.int64), found[:, 2].astype(np.int64)
    t = online.next(device, found[:, 0])
    return Acts(t, room, device).only(t < NEVER)


def _sent(
    dice: np.random.Generator, seats: Seats, rows: Iterator[tuple[int, int, float, int]]
) -> Iterator[tuple[float, int, int]]:
    for (room, number), events in groupby(rows, lambda row: row[:2]):
        device = _Device(dice, int(seats.count[room]))
        for _, _, t, what in events:
            device.act(t, what)
        yield from ((t, room, number) for t in device.rest())
