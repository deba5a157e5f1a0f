"""Counts the relay's own failures by kind and logs them in time for the operator to look at the disk.

A line has the kind and the system's name for the error, never the error's text: that could hold a request's data.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

SAID_AGAIN_S: Final = 60
"""Shortest time between two lines of one kind, seconds."""
_log: Final = logging.getLogger("nullabona.relay")


class Faults(Counter[str]):
    """Counts by kind."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._said: dict[str, float] = {}

    def note(self, kind: str, error: BaseException) -> None:
        """Count a failure. The first of a kind is logged at once, later ones once a minute with their count."""
        self[kind] += 1
        now = self._now()
        if now >= self._said.get(kind, now):
            self._said[kind] = now + SAID_AGAIN_S
            _log.error("a %s failed: %s; %d so far", kind, name_of(error), self[kind])


def name_of(error: BaseException) -> str:
    """What the system calls the error at the bottom of this one (``ENOSPC``, ``SQLITE_FULL``), or what kind it is."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, "OSError")
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", None) or type(error).__name__
    return type(error).__name__
