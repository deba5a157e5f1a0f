"""Counts the relay's own failures by kind and logs them in time for the operator to look at the disk.

A line has the kind and the system's name for the error, never the error's text: that could hold a request's data.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from nullabona.machine.failures import is_damage, name_of

SAID_AGAIN_S: Final = 60
"""Shortest time between two lines of one kind, seconds."""
_log: Final = logging.getLogger("nullabona.relay")


class Faults(Counter[str]):
    """Counts by kind."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._said: dict[str, float] = {}
        self.damage = ""
        """What SQLite called the damage of a database; it does not get better before the operator acts."""

    def note(self, kind: str, error: BaseException) -> None:
        """Count a failure. The first of a kind is logged at once, later ones once a minute with their count."""
        self[kind] += 1
        if is_damage(name_of(error)):
            self.damage = name_of(error)
        now = self._now()
        if now >= self._said.get(kind, now):
            self._said[kind] = now + SAID_AGAIN_S
            _log.error("a %s failed: %s; %d so far", kind, name_of(error), self[kind])
            if is_damage(name_of(error)):
                _log.error("a database is damaged: stop, look at the disk, and move the damaged one away; "
                           "docs/how-to/keep-the-record.md says which of them come back by themselves")  # fmt: skip
