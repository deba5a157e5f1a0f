"""When each device of many people is there: `hours`, as arrays that answer for millions of moments at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage import hours
from bench.leakage.intents import DAY

Times = NDArray[np.float64]
Numbers = NDArray[np.int64]
_APART: Final = 1e8
"""More seconds than any society lives: a device and a time make one number that sorts by device first."""
SETTLED: Final = 5.0
"""Seconds after somebody comes until they do what they waited to do."""
NEVER: Final = 1e15


@dataclass(frozen=True, slots=True)
class Online:
    """Spans of all devices, by device and time; ``account`` of each device, ``devices`` of each account, one or two."""

    account: Numbers
    devices: NDArray[np.int64]
    device: Numbers
    begin: Times
    end: Times
    address: Numbers
    moved: NDArray[np.bool_]

    def next(self, device: Numbers, t: Times) -> Times:
        """The first moment from ``t`` on when the device is there; `NEVER` if there is none, or no such device."""
        keys = self.device * _APART + self.begin
        at = np.searchsorted(keys, device * _APART + t, side="right") - 1
        here = (at >= 0) & (self.device[at] == device) & (t < self.end[at])
        later = np.minimum(at + 1, len(keys) - 1)
        comes = (self.device[later] == device) & (self.begin[later] > t)
        found = np.where(here, t, np.where(comes, self.begin[later] + SETTLED, NEVER))
        return np.where(device >= 0, found, NEVER)

    def used(self, dice: np.random.Generator, account: Numbers, t: Times) -> tuple[Numbers, Times]:
        """Which device a person uses at ``t``, or as soon as one is there, and when that is."""
        first, second = self.devices[account, 0], self.devices[account, 1]
        one, two = self.next(first, t), self.next(second, t)
        other = (two < one) | ((two == one) & (second >= 0) & (dice.random(len(t)) < 0.5))
        return np.where(other, second, first), np.where(other, two, one)

    def address_of(self, device: Numbers, t: Times) -> Numbers:
        """From which address a device that is there asks."""
        keys = self.device * _APART + self.begin
        return self.address[np.maximum(0, np.searchsorted(keys, device * _APART + t, side="right") - 1)]


def live(seed: int, household: Sequence[int], days: int) -> Online:
    """Everybody's devices and hours; all come on the first day, in the morning."""
    dice = random.Random(f"cells {seed}")
    addresses = hours.Addresses()
    account: list[int] = []
    devices: list[tuple[int, int]] = []
    spans: list[tuple[int, float, float, int, bool]] = []
    for number, homes in enumerate(household):
        home = addresses.home(homes)
        arrives = dice.uniform(7, 20) * hours.HOUR
        drawn = [hours.carried(dice, days, home, addresses, arrives)]
        if dice.random() < hours.TWO_DEVICES:
            drawn.append(hours.desk(dice, days, home, addresses, arrives + DAY / 2))
        mine = list(range(len(account), len(account) + len(drawn)))
        devices.append((mine[0], mine[1] if len(mine) > 1 else -1))
        for device, its in zip(mine, drawn, strict=True):
            account.append(number)
            spans += [(device, span.begin, span.end, span.address, span.moved) for span in its.spans]
    return Online(
        np.array(account, np.int64),
        np.array(devices, np.int64).reshape(-1, 2),
        np.array([span[0] for span in spans], np.int64),
        np.array([span[1] for span in spans]),
        np.array([span[2] for span in spans]),
        np.array([span[3] for span in spans], np.int64),
        np.array([span[4] for span in spans], bool),
    )
