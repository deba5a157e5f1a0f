"""Slowing down whoever guesses, and nobody else (spec/console.md §6): each passkey has a count of its own.

There is no count over everybody: wrong tries of one officer cannot keep another out. Strangers, who name no known
passkey, share a count among themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

FREE: Final = 5
"""Wrong tries in a row before there is any waiting."""
LONGEST_S: Final = 60
MOST: Final = 4_096
"""Counts kept; the one that was used least recently is dropped."""


@dataclass(slots=True)
class Throttle:
    """Wrong tries by key. Kept in memory only."""

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
        """Forget what ``key`` did wrong."""
        self._tries.pop(key, None)
