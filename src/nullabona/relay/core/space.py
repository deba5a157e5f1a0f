"""Decides how much more a relay keeps, so that the disk has room to trim, expire, start and rewrite the database.

No I/O and no clock: the caller reads the figures (docs/decisions/0036-erasing-and-full-disks.md). Clients have no
identity, so the bytes of a day are shared out among connections, and the last of them go to small frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, DAY_QUOTA, refuse
from nullabona.wire.messages import Refusal

AGAIN_S: Final = 60
"""Seconds after which to try again on a full disk. Fixed, because nobody knows when somebody trims or a day ends."""
TOMORROW_S: Final = 3_600
"""Seconds after which to try again when the day's bytes are used up."""
ENTRY_BYTES: Final = 512
"""About how many bytes a frame or chunk takes on the disk beside its own."""
SHARE: Final = 8
"""One connection may use an eighth of the day's remaining bytes; the day's last eighth is for small frames."""
SMALL: Final = 4_096
"""Most bytes of a small frame: messages and nearly all commits are small."""
_KEPT_BACK: Final = 20, 16 * 2**30
"""One part in so many of the disk is kept free, and at most so many bytes."""
_FREE: Final = 40, 8 * 2**30
"""The same of the file system itself, not counting pages that are free inside the database."""
_ENDLESS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the file system and the database on it."""

    total: int
    free: int
    """Free to this user."""
    rows: int | None = None
    """Used by the database's rows; None: unknown."""
    inside: int = 0
    """Free inside the database's file."""

    @property
    def reserve(self) -> int:
        """Bytes that must stay free: `_KEPT_BACK`, or the rows once more if that is more, for the daily rewrite."""
        return max(_part(self.total, *_KEPT_BACK), self.rows or 0)

    @property
    def room(self) -> int:
        """How many more bytes may be kept; negative if there are too many already."""
        return min(self.free + self.inside - self.reserve, self.free - _part(self.total, *_FREE))


def _part(total: int, parts: int, most: int) -> int:
    return min(total // parts, most)


class Space:
    """The room on the disk now, and the rest of the day's bytes for frames. Without a disk only the limit counts."""

    __slots__ = ("_allowed", "_brought", "_day", "_left", "_limits", "_room", "_rows", "_share", "disk", "elsewhere")

    def __init__(self, limits: Limits) -> None:
        self.disk: Disk | None = None
        self.elsewhere = 0
        """Bytes of frames that other processes of this relay brought today; counts from the next `renew` on."""
        self._limits = limits
        self._room = _ENDLESS
        self._day = 0
        self._rows = 0
        """Bytes of the rows when the day began."""
        self._brought = 0
        """Bytes that frames have added since then."""
        self._allowed = self._left = limits.frame_bytes_per_day
        self._share = 0
        """Most bytes that one connection may add with large frames today."""
        self._divide()

    @property
    def brought(self) -> int:
        """Bytes that frames of this process have added today."""
        return self._brought

    @property
    def short(self) -> bool:
        """Whether the relay keeps nothing more until there is room again."""
        return self._room <= 0

    def renew(self, disk: Disk | None, day: int, under_way: int) -> None:
        """Take new figures of ``day``. ``under_way``: bytes that were accepted and are not in ``disk`` yet."""
        self.disk = disk
        self._room = _ENDLESS if disk is None else disk.room - under_way
        rows = None if disk is None else disk.rows
        if day != self._day:
            self._day = day
            self._brought = self.elsewhere = 0
            self._rows = rows or 0
            self._allowed = 0
        most = self._limits.frame_bytes_per_day
        self._left = most - self._brought - self.elsewhere
        if rows is None:
            self._allowed = most
        else:
            # Room that appears during a day counts as if it had been there, and trimmed bytes return to the day.
            room = max(self._room, 0) * self._limits.room_percent_per_day // 100
            self._allowed = max(self._allowed, min(most, room))
            self._left = min(self._left, self._allowed - (rows - self._rows) - under_way)
        self._divide()

    def refuse_frame(self, size: int, budget: Budget) -> Refusal | None:
        """The reason to refuse a frame of ``size`` bytes now; None: it is accepted and counted."""
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
        """The reason to refuse a chunk or a card of ``size`` bytes now; None: it is accepted and counted."""
        if size + ENTRY_BYTES > self._room:
            return refuse(BUSY, AGAIN_S)
        self._room -= size + ENTRY_BYTES
        return None

    def kept(self, frames: int, size: int) -> None:
        """Take ``size`` bytes of stored frames from the day's rest."""
        size += frames * ENTRY_BYTES
        self._brought += size
        self._left -= size
        self._divide()
