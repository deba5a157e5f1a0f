"""Requests as arrays, and the boxes that they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.cells.fan import UPDATE, Acts, Seats
from bench.leakage.cells.online import Numbers, Times
from bench.leakage.cells.talking import Town
from bench.leakage.trace import Op

FRAME: Final = 1_024


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests and deliveries. ``place``: a box, or for look-ups an account. ``device`` asks."""

    t: Times
    op: NDArray[np.uint8]
    place: Numbers
    device: Numbers
    size: Numbers
    inbox: NDArray[np.bool_]
    """Whether it goes over the connection that reads the device's own inbox."""


@dataclass(frozen=True, slots=True)
class Places:
    """Numbers of boxes: inboxes first, then each room's boxes in turn."""

    accounts: int
    ends: tuple[Times, Numbers]
    days: int

    def of(self, room: Numbers, t: Times) -> Numbers:
        keys, _ = self.ends
        return self.accounts + room + np.searchsorted(keys, room * 1e9 + t, side="right")


def epochs(
    dice: np.random.Generator, town: Town, seats: Seats, box_s: float | None = None
) -> tuple[tuple[Times, Numbers], Numbers]:
    """When each room's box changes, and the room of each place that is no inbox.

    A box changes when a device renews its keys, and every ``box_s`` seconds, in all rooms at once.
    """
    end = town.crowd.days * 86_400.0
    count = dice.poisson(seats.count * end / (UPDATE * 1.125))
    room = np.repeat(np.arange(len(count)), count)
    keys = room * 1e9 + dice.random(len(room)) * end
    if box_s is not None:
        turns = np.arange(box_s, end, box_s)
        every = np.repeat(np.arange(len(count)), len(turns))
        keys = np.concatenate([keys, every * 1e9 + np.tile(turns, len(count))])
    keys = np.sort(keys)
    room = (keys // 1e9).astype(np.int64)
    return (keys, room), np.repeat(np.arange(len(count)), np.bincount(room, minlength=len(count)) + 1)


def acts_at(acts: Acts, op: Op, places: Places, size: int) -> Requests:
    """What is asked of rooms' boxes."""
    return requests(acts.t, op, places.of(acts.room, acts.t), acts.device, size)


def requests(
    t: Times, op: Op, place: Numbers, device: Numbers, size: int | Numbers, *, inbox: bool = False
) -> Requests:
    """Requests of one kind."""
    many = len(t)
    return Requests(
        t, np.full(many, op, np.uint8), place, device, np.broadcast_to(size, many).astype(np.int64),
        np.full(many, inbox),
    )  # fmt: skip
