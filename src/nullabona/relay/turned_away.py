"""Counts connections that the relay could not take, and says so in the log once a minute with what to do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics

SAID_AGAIN_S: Final = 60
"""Shortest time between two lines of one kind, seconds."""
CONNECTIONS: Final = "connections"
FILES: Final = "files"
BESIDE_CONNECTIONS: Final = 256
"""Files that a relay holds beside its connections, at most: databases, the log's tiles, blobs that are being read."""
_log: Final = logging.getLogger("nullabona.relay")


class TurnedAway:
    """What comes while the relay has no room for another connection."""

    def __init__(self, limits: Limits, metrics: Metrics, now: Callable[[], float] = time.monotonic) -> None:
        self._most = limits.connections
        self._counts = metrics.connections_refused
        self._now = now
        self._said: dict[str, float] = {}

    def is_full(self) -> None:
        """A connection was closed at once, because `connections` are open."""
        if self._is_to_say(CONNECTIONS):
            _log.error(
                "%d connections refused so far: %d are open, which is the limit connections; raise it, and the unit's "
                "LimitNOFILE with it",
                self._counts[CONNECTIONS],
                self._most,
            )

    def has_no_file(self) -> None:
        """Connections wait, because the system gives the process no more files."""
        if self._is_to_say(FILES):
            _log.error(
                "the process has no file left for another connection, %d times so far; raise the unit's LimitNOFILE",
                self._counts[FILES],
            )

    def expect(self, files: int) -> None:
        """The process may hold so many ``files``: say so at the start if they are fewer than its limits promise."""
        if files < self._most + BESIDE_CONNECTIONS:
            _log.error(
                "the system lets this process hold %d files, but the limit connections is %d; set LimitNOFILE of the "
                "unit to %d, or connections to %d",
                files,
                self._most,
                self._most + BESIDE_CONNECTIONS,
                max(0, files - BESIDE_CONNECTIONS),
            )

    def _is_to_say(self, why: str) -> bool:
        self._counts[why] += 1
        now = self._now()
        if now < self._said.get(why, now):
            return False
        self._said[why] = now + SAID_AGAIN_S
        return True
