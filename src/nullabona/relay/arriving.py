"""Requests that have come in part, over all connections: one bound for all of them together (spec/relay.md §4.6).

A connection counts with what it may hold of them in memory. When all hold too much, those go whose request has been
under way for longest: an honest one is complete after moments, and an attacker who wants to fill memory has to leave
theirs unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

SMALL: Final = 16 * 1_024
"""A connection that holds at most this much is never cut off: every connection has a buffer of this size."""
_RELIEF: Final = 16
"""When there is too much, a sixteenth is freed at once, so that not every further byte needs another count."""


class Sender(Protocol):
    """A connection that may have sent a part of a request."""

    def arrived(self) -> int:
        """Bytes of memory that its requests take before they are whole."""
        ...

    def begun(self) -> float:
        """When the request that has come in part began, on the loop's clock; infinity if there is none."""
        ...

    def cut_off(self) -> None:
        """Hang up at once."""
        ...


class Arriving:
    """The partial requests of all connections; at most ``most`` bytes. ``senders()`` lists the connections."""

    def __init__(self, most: int, senders: Callable[[], Iterable[Sender]]) -> None:
        self._most = most
        self._senders = senders
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes at the last count; rather too many than too few."""
        return self._total

    def add(self, size: int) -> None:
        """Count ``size`` more bytes; cut off the slowest connections if that is too much."""
        self._total += size
        if self._total > self._most:
            self.recount()

    def recount(self) -> None:
        """Count again, as connections end, and cut off the slowest ones if it is too much."""
        held = [(sender, sender.arrived()) for sender in self._senders()]
        self._total = sum(size for _, size in held)
        if self._total <= self._most:
            return
        enough = self._most - self._most // _RELIEF
        large = [(sender.begun(), -size, at, sender) for at, (sender, size) in enumerate(held) if size > SMALL]
        for _, size, _, sender in sorted(large):
            if self._total <= enough:
                break
            self._total += size
            sender.cut_off()
