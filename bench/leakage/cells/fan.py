"""Which devices hear of what was appended to a room's box, and when each asks for it: two stages of the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.cells.online import NEVER, Numbers, Online, Times
from nullabona.client.core.step import Timing

DIGEST: Final = (0.2, 0.75)
"""Seconds from an append until a client that is there is told of it."""
_TIMING: Final = Timing()
ACTIVE: Final = _TIMING.active / 1_000
BEHIND: Final = _TIMING.behind / 1_000
RECEIPT: Final = _TIMING.receipt / 1_000
CALM: Final = _TIMING.calm / 1_000
CALM_OLD: Final = _TIMING.calm_old / 1_000
UPDATE: Final = _TIMING.update / 1_000


@dataclass(frozen=True, slots=True)
class Seats:
    """The devices of each room's members, as one list in the order of rooms."""

    first: Numbers
    count: Numbers
    device: Numbers

    @classmethod
    def of(cls, members: Sequence[Sequence[int]], online: Online) -> Seats:
        each = [[int(d) for m in room for d in online.devices[m] if d >= 0] for room in members]
        count = np.array([len(devices) for devices in each], np.int64)
        first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)
        return cls(first, count, np.array([device for devices in each for device in devices], np.int64))

    def fan(self, room: Numbers) -> tuple[Numbers, Numbers]:
        """For each of many events, in which ``room``: the event's number and a device, once for each device there."""
        count = self.count[room]
        event = np.repeat(np.arange(len(room)), count)
        within = np.arange(len(event)) - np.repeat(np.cumsum(count) - count, count)
        return event, self.device[self.first[room][event] + within]


@dataclass(frozen=True, slots=True)
class Acts:
    """Requests of one kind: when, in which room, by which device."""

    t: Times
    room: Numbers
    device: Numbers

    def only(self, rows: NDArray[np.bool_] | Numbers) -> Acts:
        return Acts(self.t[rows], self.room[rows], self.device[rows])

    @classmethod
    def of(cls, parts: Sequence[Acts]) -> Acts:
        """One after another."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("t", "room", "device")))

    @classmethod
    def all(cls, parts: Sequence[Acts]) -> Acts:
        """Together, by time."""
        joined = cls.of(parts)
        return joined.only(np.argsort(joined.t, kind="stable"))


def merged(acts: Acts, asked: Times) -> NDArray[np.bool_]:
    """Which of ``acts``, asked for at ``asked``, are scheduled: none while one of that device and room is due."""
    order = np.lexsort((asked, acts.room, acts.device))
    t, room, device, when = acts.t[order], acts.room[order], acts.device[order], asked[order]
    kept = np.ones(len(t), bool)
    same = (room[1:] == room[:-1]) & (device[1:] == device[:-1])
    kept[1:] = ~(same & (when[1:] < t[:-1]))
    found = np.empty(len(t), bool)
    found[order] = kept
    return found


def heard(dice: np.random.Generator, online: Online, seats: Seats, appended: Acts) -> tuple[Acts, Times]:
    """Each other device's read of each append, before reads are put together, and when it was told."""
    event, device = seats.fan(appended.room)
    others = device != appended.device[event]
    event, device = event[others], device[others]
    told = appended.t[event] + dice.uniform(*DIGEST, len(event))
    there = online.next(device, told)
    late = there > told
    reads = there + dice.exponential(np.where(late, BEHIND, ACTIVE))
    kept = there < NEVER
    return Acts(reads[kept], appended.room[event][kept], device[kept]), there[kept]


def receipts(dice: np.random.Generator, seats: Seats, read: Acts, said: Acts) -> Acts:
    """Each reader's receipt within seconds, unless one is due or the device says something before."""
    due = read.t + dice.random(len(read.t)) * RECEIPT * np.maximum(1, seats.count[read.room] // 4)
    found = Acts(due, read.room, read.device)
    kept = merged(found, read.t)
    found, asked = found.only(kept), read.t[kept]
    span = 1e9
    key = (said.room * 2_000_003 + said.device) * span
    order = np.argsort(key + said.t, kind="stable")
    keys = (key + said.t)[order]
    mine = (found.room * 2_000_003 + found.device) * span
    spoke = np.searchsorted(keys, mine + found.t) > np.searchsorted(keys, mine + asked)
    return found.only(~spoke)


def looks(dice: np.random.Generator, online: Online, seats: Seats) -> Acts:
    """Reads of boxes that were not active, now and then while a device is there."""
    room = np.repeat(np.arange(len(seats.count)), seats.count)
    order = np.argsort(seats.device, kind="stable")
    rooms, device = room[order], seats.device[order]
    first = np.searchsorted(device, np.arange(len(online.account)))
    many = np.bincount(device, minlength=len(online.account))
    count = dice.poisson((online.end - online.begin) / CALM * many[online.device])
    span = np.repeat(np.arange(len(count)), count)
    t = online.begin[span] + dice.random(len(span)) * (online.end - online.begin)[span]
    who = online.device[span]
    return Acts(t, rooms[first[who] + (dice.random(len(span)) * many[who]).astype(np.int64)], who)
