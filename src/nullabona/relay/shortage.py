"""Says in the log that the disk is short, once a minute, and that it is not any more (docs/how-to/run-a-relay.md)."""

from __future__ import annotations

import logging
from typing import Final

from nullabona.relay.core.space import Space

SAID_AGAIN_S: Final = 60
_MIB: Final = 2**20
_log: Final = logging.getLogger("nullabona.relay")


class Shortage:
    """Watches ``space``."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._say_at: int | None = None
        """When to log it again; None while there is room."""

    def look(self, now: int) -> None:
        """It is ``now`` (monotonic whole seconds), and ``space`` was renewed."""
        disk = self._space.disk
        if disk is None or not self._space.short:
            if self._say_at is not None:
                _log.error("there is room again")
            self._say_at = None
        elif self._say_at is None or now >= self._say_at:
            self._say_at = now + SAID_AGAIN_S
            _log.error(
                "short of disk: %d MiB free, %d MiB are kept back to erase and to start; nothing new is kept",
                disk.free // _MIB,
                disk.reserve // _MIB,
            )
