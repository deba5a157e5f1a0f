"""Slows down only the person who guesses (spec/console.md §6): wrong tries are counted per passkey.

There is no global count, so one officer's wrong tries cannot keep another out. Strangers, who name no known passkey,
share one count.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

FREE: Final = 5
"""Wrong tries in a row without a wait."""
LONGEST_S: Final = 60
MOST: Final = 4_096
"""Most counts kept; the least recently used one is dropped."""


@dataclass(slots=True)
class Throttle:
    """Counts wrong tries by key, in memory only."""

    _tries: OrderedDict[Hashable, tuple[int, int]] = field(default_factory=OrderedDict)

    def wait_s(self, key: Hashable, now_s: int) -> int:
        """How long ``key`` must still wait; 0 if it may try."""
        count, last_s = self._tries.get(key, (0, 0))
        if count < FREE:
            return 0
        pause = min(LONGEST_S, 1 << min(count - FREE, 6))
        return max(0, min(pause, last_s + pause - now_s))

    def wrong(self, key: Hashable, now_s: int) -> None:
        """Count a wrong try."""
        count, _ = self._tries.pop(key, (0, 0))
        self._tries[key] = (count + 1, now_s)
        if len(self._tries) > MOST:
            self._tries.popitem(last=False)

    def right(self, key: Hashable) -> None:
        """Reset the count of ``key``."""
        self._tries.pop(key, None)
