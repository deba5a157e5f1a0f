"""What a simulated relay took, erased and holds, by the hour."""

from __future__ import annotations

from typing import Final

HOUR_S: Final = 3_600.0
DAY_S: Final = 86_400.0
MIDNIGHT_S: Final = 9 * HOUR_S
"""The relay's day begins at nine: the society lives in Seoul."""


def day_of(t: float) -> int:
    """The relay's day at ``t``."""
    return int((t - MIDNIGHT_S) // DAY_S)


class Ledger:
    """Counts for each hour. A frame was appended once, and is then trimmed, expired or still held."""

    def __init__(self, hours: int) -> None:
        self.appended = [0] * hours
        self.trimmed = [0] * hours
        self.expired = [0] * hours
        self.made = [0] * hours
        """Boxes that began."""
        self.gone = [0] * hours
        """Boxes of which nothing is left, not even the count."""
        self.said = 0
        """Messages of people."""
        self.back = 0
        """Frames that were sent or put back once more, because somebody lacked them."""
        self.missed = 0
        """Frames that were gone before a device read them, each counted for each device."""
        self.lost = 0
        """Times that a box in use began again, because the relay had forgotten it meanwhile."""
        self.rejoined = 0
        """Times that a device had missed the end of an epoch and came back by itself."""

    def held(self) -> list[int]:
        """Frames at the end of each hour."""
        return _running(self.appended, self.trimmed, self.expired)

    def boxes(self) -> list[int]:
        """Boxes at the end of each hour."""
        return _running(self.made, self.gone)

    def add(self, other: Ledger) -> None:
        """Count what another one counted."""
        for name in ("appended", "trimmed", "expired", "made", "gone"):
            mine = getattr(self, name)
            for hour, count in enumerate(getattr(other, name)):
                mine[hour] += count
        for name in ("said", "back", "missed", "lost", "rejoined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def _running(more: list[int], *less: list[int]) -> list[int]:
    found, now = [], 0
    for hour, came in enumerate(more):
        now += came - sum(each[hour] for each in less)
        found.append(now)
    return found
