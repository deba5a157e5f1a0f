"""Connections take turns: nobody's requests keep the loop from everybody else's (spec/relay.md §4.6).

In one turn of the loop a connection has so much answered; what it sent beyond that waits for its next turn, and nothing
more is read from it until then. Who asks little never waits, and who is alone is hardly slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

TURN: Final = 64
"""Small requests of one connection in a turn: about a millisecond of work."""
HEAVY: Final = 32
"""A request to another service, such as a card look-up, counts this much more: up to a millisecond of work."""
LARGE: Final = 16 * 1_024
"""A request counts once more for each so many bytes."""


def cost(size: int) -> int:
    """What a request of ``size`` bytes takes of a turn."""
    return 1 + size // LARGE


class Turns:
    """Counts the turns of the loop while somebody uses them. Created on a running loop."""

    def __init__(self) -> None:
        self.number = 0
        self._loop = asyncio.get_running_loop()
        self._noted = False
        self._next: list[Callable[[], None]] = []

    def used(self) -> None:
        """A part of this turn was used, so that there has to be another one."""
        if not self._noted:
            self._noted = True
            self._loop.call_soon(self._advance)

    def wait(self, go_on: Callable[[], None]) -> None:
        """Call ``go_on`` in the next turn."""
        self._next.append(go_on)
        self.used()

    def _advance(self) -> None:
        self._noted = False
        self.number += 1
        waiting, self._next = self._next, []
        for go_on in waiting:
            go_on()
