"""What a directory says about its own failures: to its carrier's /healthz and metrics, and in the log.

Names of errors only. A database that is damaged stays so until the operator acts, and everybody is refused meanwhile;
so it is said until the process ends, with what to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from nullabona.errors import NullabonaError, PeerError
from nullabona.machine.database import LeadershipLost
from nullabona.machine.failures import is_damage, name_of
from nullabona.sequencer import HistoryElsewhere
from nullabona.wire.service import Carrier

SAID_AGAIN_S: Final = 60
"""Shortest time between two lines about the same, seconds."""
_log: Final = logging.getLogger("nullabona.directory")


class Health:
    """Of one directory. ``carrier``: whom it tells, once there is one."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.carrier: Carrier | None = None
        self._now = now
        self._damage = ""
        self._said: dict[str, float] = {}

    @property
    def trouble(self) -> str:
        """What keeps the directory from its work, for /healthz; empty if nothing does."""
        return f"the cards are damaged: {self._damage}" if self._damage else ""

    def stands_still(self, error: NullabonaError) -> None:
        """No epoch could be closed or published. Ends the process if the record goes on elsewhere."""
        name = self.failed(error)
        why = error.code if name == type(error).__name__ else f"{error.code}, {name}"
        if self._is_due(f"not published: {why}"):
            _log.warning("an epoch is not published yet: %s", why)
        if isinstance(error, HistoryElsewhere) and self.carrier is not None:
            self.carrier.end(error)

    def failed(self, error: BaseException) -> str:
        """Something could not be read or written; the system's name of the error."""
        name = name_of(error)
        if isinstance(lost := error.__cause__ or error, LeadershipLost) and self.carrier is not None:
            self.carrier.end(lost)
        if self.carrier is not None and not isinstance(error, PeerError):  # silent witnesses are no fault of ours
            self.carrier.note("directory", error)
        if is_damage(name):
            self._damage = name
            if self._is_due(name):
                _log.warning(
                    "the card database is damaged: %s; stop, look at the disk, and put back what "
                    "docs/how-to/keep-the-record.md says",
                    name,
                )
        return name

    def _is_due(self, what: str) -> bool:
        """Whether to log this: at once, and then once a minute."""
        now = self._now()
        if now < self._said.get(what, now):
            return False
        self._said[what] = now + SAID_AGAIN_S
        return True
