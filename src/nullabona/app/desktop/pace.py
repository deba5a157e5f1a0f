"""How fast alerts may follow one another, and how many are shown: a flood of messages is not a flood of notifications.

Pure: the time is an argument. What waits is only the newest alert of each key, and of the newest `MOST_SHOWN` keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from nullabona.app.desktop.alert import Alert

MOST_SHOWN: Final = 8
"""More at once would cover a screen; the oldest are taken back for them."""
AT_ONCE: Final = 6
WINDOW_S: Final = 4.0
"""At most `AT_ONCE` are shown within so long."""
GAP_S: Final = 0.5
"""One key is shown again no sooner."""
SOUND_GAP_S: Final = 10.0
"""A key makes a sound no more often."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is to be shown. ``fallback`` tells the pages if it cannot be."""

    alert: Alert
    fallback: Callable[[], None]


class Pace:
    """What waits, and when the next may be shown."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._last: dict[str, float] = {}
        """When each key was shown last."""
        self._sounded: dict[str, float] = {}
        self._moments: list[float] = []
        """Of the newest shown ones, at most `AT_ONCE`."""

    def add(self, waiting: Waiting) -> None:
        """The newest news of its key; what waited for it is dropped, and so is the oldest key if there are too many."""
        self._waiting.pop(waiting.alert.key, None)
        self._waiting[waiting.alert.key] = waiting
        while len(self._waiting) > MOST_SHOWN:
            del self._waiting[next(iter(self._waiting))]

    def drop(self, key: str) -> None:
        """Nothing of this key is news any more."""
        self._waiting.pop(key, None)

    def clear(self) -> list[Waiting]:
        """Nothing waits any more; what did."""
        waited, self._waiting = list(self._waiting.values()), {}
        return waited

    def wait(self, now: float) -> float | None:
        """Seconds until one may be shown; None: nothing waits."""
        if not self._waiting:
            return None
        whole = self._moments[0] + WINDOW_S if len(self._moments) == AT_ONCE else now
        own = min(self._last.get(key, now - GAP_S) + GAP_S for key in self._waiting)
        return max(0.0, whole - now, own - now)

    def take(self, now: float) -> tuple[Waiting, bool]:
        """The one to show now, and whether silently. Only when `wait` says 0."""
        key = min(self._waiting, key=lambda key: self._last.get(key, 0.0))
        self._last.pop(key, None)
        self._last[key] = now
        self._moments = [*self._moments, now][-AT_ONCE:]
        silent = now - self._sounded.get(key, now - SOUND_GAP_S) < SOUND_GAP_S
        if not silent:
            self._sounded.pop(key, None)
            self._sounded[key] = now
        for known in (self._last, self._sounded):
            while len(known) > MOST_SHOWN:
                del known[next(iter(known))]
        return self._waiting.pop(key), silent


def too_many(shown: Iterable[Alert]) -> list[str]:
    """The keys whose notifications are taken back, oldest first, so that at most `MOST_SHOWN` stay."""
    keys = [alert.key for alert in shown]
    return keys[: max(0, len(keys) - MOST_SHOWN)]
