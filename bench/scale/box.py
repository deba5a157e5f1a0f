"""A box as a relay keeps it, without its bytes: the same rules as the engine's functions (spec/engine.md §3)."""

from __future__ import annotations

from collections import deque

from bench.scale.ledger import HOUR_S, Ledger, day_of


class Box:
    """One epoch's box. Frames are numbered from 1; ``floor`` is the number of the first one that is here."""

    def __init__(self, index: int, ledger: Ledger, kept_days: int) -> None:
        self.index = index
        self.floor = 1
        self.head = 0
        self.position: dict[int, int] = {}
        """How far each device of the epoch has read, if it is offline; one that is online has read everything."""
        self.told: dict[int, int] = {}
        """The position that each of them last told the others."""
        self.low = 0
        """The least of these."""
        self.authors: dict[int, int] = {}
        """Which device said what, as far as somebody may lack it."""
        self.last_said = 0
        self.commit = 0
        """The frame that ended the epoch."""
        self.closed_at: float | None = None
        self.announced_at = 0
        """The head after the last announcement."""
        self.announcements = 0
        self._expiries: deque[int] = deque()
        self._ledger = ledger
        self._kept_days = kept_days
        self._own_day: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether the relay has anything of it, be it the count alone."""
        return self._own_day is not None

    def __len__(self) -> int:
        return len(self._expiries)

    def append(self, t: float) -> int:
        """Take one more frame; its number."""
        if self._own_day is None:
            self._ledger.made[int(t // HOUR_S)] += 1
        self._own_day = day_of(t) + self._kept_days
        self._expiries.append(self._own_day)
        self._ledger.appended[int(t // HOUR_S)] += 1
        self.head += 1
        return self.head

    def trim(self, t: float, upto: int) -> None:
        """Erase frames up to that number."""
        count = min(upto, self.head) - self.floor + 1
        for _ in range(count):
            self._expiries.popleft()
        if count > 0:
            self.floor += count
            self._ledger.trimmed[int(t // HOUR_S)] += count

    def sweep(self, t: float) -> bool:
        """Erase what is past its day; whether nothing is left of the box now. It begins again with the next append."""
        today, count = day_of(t), 0
        while self._expiries and self._expiries[0] < today:
            self._expiries.popleft()
            count += 1
        self.floor += count
        self._ledger.expired[int(t // HOUR_S)] += count
        if self._expiries or self._own_day is None or self._own_day >= today:
            return False
        self._own_day = None
        self._ledger.gone[int(t // HOUR_S)] += 1
        return True
