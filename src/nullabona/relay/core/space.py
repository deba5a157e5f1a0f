"""How much more a relay keeps: as much as leaves room on the disk to trim, to expire, to start and to rewrite the
database.

Decides by figures that somebody else has read; no I/O and no clock (docs/decisions/0036-erasing-and-full-disks.md).
Clients have no identity, so a day's frames are shared out by connection, and the last of them go to small ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, DAY_QUOTA, refuse
from nullabona.wire.messages import Refusal

AGAIN_S: Final = 60
"""Advice where the disk is short: whole seconds. A fixed time, as room comes when somebody trims or a day ends."""
TOMORROW_S: Final = 3_600
ENTRY_BYTES: Final = 512
"""Bytes that a frame or chunk takes on the disk beside its own, about."""
SHARE: Final = 8
"""One connection has at most an eighth of what the day has left, and the day's last eighth is for small frames."""
SMALL: Final = 4_096
"""A frame of so many bytes is small: a message, and nearly every commit."""
_KEPT_BACK: Final = 20, 16 * 2**30
"""A twentieth of the disk is kept back, and never more bytes than this."""
_FREE: Final = 40, 8 * 2**30
"""A fortieth of it must be free in the file system itself, whatever is free inside the database."""
_ENDLESS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the file system: all, free to this user; what the database's rows take (None where nobody can say), and
    what is free inside of the database.
    """

    total: int
    free: int
    rows: int | None = None
    inside: int = 0

    @property
    def reserve(self) -> int:
        """What has to be free: the rows once more, as the daily rewrite makes a second file, or a twentieth."""
        return max(_part(self.total, *_KEPT_BACK), self.rows or 0)

    @property
    def room(self) -> int:
        """How many bytes more may be kept; below zero if there are too many already."""
        return min(self.free + self.inside - self.reserve, self.free - _part(self.total, *_FREE))


def _part(total: int, parts: int, most: int) -> int:
    return min(total // parts, most)


class Space:
    """What there is room for now, and what of the day's frames is left. Without a disk only the limit counts."""

    __slots__ = ("_allowed", "_brought", "_day", "_left", "_limits", "_room", "_rows", "_share", "disk")

    def __init__(self, limits: Limits) -> None:
        self.disk: Disk | None = None
        self._limits = limits
        self._room = _ENDLESS
        self._day = 0
        self._rows = 0
        """What the rows took when the day began."""
        self._brought = 0
        """What frames have brought since then."""
        self._allowed = self._left = limits.frame_bytes_per_day
        self._share = 0
        """What one connection may have brought with large frames."""
        self._divide()

    @property
    def short(self) -> bool:
        """Whether nothing more is kept at all until there is room again."""
        return self._room <= 0

    def renew(self, disk: Disk | None, day: int, under_way: int) -> None:
        """The disk is as it is now on ``day``; ``under_way`` bytes were taken and are not on it yet."""
        self.disk = disk
        self._room = _ENDLESS if disk is None else disk.room - under_way
        rows = None if disk is None else disk.rows
        if day != self._day:
            self._day = day
            self._brought = 0
            self._rows = rows or 0
            self._allowed = 0
        most = self._limits.frame_bytes_per_day
        self._left = most - self._brought
        if rows is None:
            self._allowed = most
        else:
            # Room that comes in the course of a day counts as if it had been there. What is trimmed the day has again.
            room = max(self._room, 0) * self._limits.room_percent_per_day // 100
            self._allowed = max(self._allowed, min(most, room))
            self._left = min(self._left, self._allowed - (rows - self._rows) - under_way)
        self._divide()

    def refuse_frame(self, size: int, budget: Budget) -> Refusal | None:
        """The reason to refuse a frame of ``size`` now; or None, and it is counted."""
        size += ENTRY_BYTES
        brought, room = budget.frame_bytes + size, self._room - size
        if brought > self._share or room < 0 or budget.day != self._day:
            return self._judge(size, budget)
        budget.frame_bytes, self._room = brought, room
        return None

    def _judge(self, cost: int, budget: Budget) -> Refusal | None:
        if cost > self._room:
            return refuse(BUSY, AGAIN_S)
        if budget.day != self._day:
            budget.day, budget.frame_bytes = self._day, 0
        small = cost <= SMALL + ENTRY_BYTES
        if budget.frame_bytes + cost > (self._left // SHARE if small else self._share):
            return refuse(DAY_QUOTA, TOMORROW_S)
        budget.frame_bytes += cost
        self._room -= cost
        return None

    def _divide(self) -> None:
        self._share = self._left // SHARE if self._left >= self._allowed // SHARE else 0

    def refuse_other(self, size: int) -> Refusal | None:
        """The reason to refuse a chunk or a card of ``size`` now, or None."""
        if size + ENTRY_BYTES > self._room:
            return refuse(BUSY, AGAIN_S)
        self._room -= size + ENTRY_BYTES
        return None

    def kept(self, frames: int, size: int) -> None:
        """Frames were stored: the day has less left."""
        size += frames * ENTRY_BYTES
        self._brought += size
        self._left -= size
        self._divide()
