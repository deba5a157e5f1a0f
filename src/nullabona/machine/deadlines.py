"""The deadlines of a server's connections, looked at together.

A timer of the loop for each request costs more than all else that a deadline needs, and nearly every one is cancelled.
So a connection only notes until when it has time, and once a second all notes are read.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

EVERY_S: Final = 1.0
"""Seconds between two looks, so also by how much a deadline may be missed. It is never early."""
NEVER: Final = float("inf")


class Timed(Protocol):
    """Something with a deadline."""

    due: float
    """Until when it has time, on the loop's clock; `NEVER` if nothing presses it."""

    def too_slow(self) -> None:
        """Its time is over. ``due`` is `NEVER` by then; it may set another one."""
        ...


class Deadlines:
    """Those of one server. Used on one loop; its timer runs only while there is somebody."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._all: set[Timed] = set()
        self._running = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, one: Timed) -> None:
        """Look at ``one`` from now on."""
        self._all.add(one)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_later(self._every_s, self._look)

    def discard(self, one: Timed) -> None:
        """Look at it no more. Idempotent."""
        self._all.discard(one)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = bool(self._all)
        if self._running:
            # Before anybody is told, so that the rest is looked at again even if one of them raises.
            loop.call_later(self._every_s, self._look)
        now = loop.time()
        for one in [one for one in self._all if one.due <= now]:
            one.due = NEVER
            one.too_slow()
