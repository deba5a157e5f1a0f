"""Answers that callers leave unread, over all connections: one bound for all, and the slowest pay (spec/relay.md §4.6).

Counted again once a second; in between, what was sent is added as if nobody read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

LAG: Final = 64 * 1024
"""A connection with at most this many unread bytes is never cut off, whatever others leave unread."""


class Reader(Protocol):
    """A connection that may leave answers unread."""

    def unsent(self) -> int:
        """Bytes of answers that it has not taken yet."""
        ...

    def cut_off(self) -> None:
        """Hang up at once."""
        ...


class Unsent:
    """The unread answers of all connections together; at most ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0

    def add(self, size: int) -> None:
        """So many bytes of answers were sent."""
        self._total += size

    def is_too_much(self, of_one: int, most_of_one: int) -> bool:
        """Whether a connection with ``of_one`` unread bytes gets no long answer now: it or all have too many."""
        return of_one > most_of_one // 2 or (of_one > LAG and self._total > self._most)

    def recount(self, readers: Iterable[Reader]) -> None:
        """Count again, and cut off the slowest readers until the rest is within the bound."""
        held = [(size, reader) for reader in readers if (size := reader.unsent())]
        self._total = sum(size for size, _ in held)
        if self._total <= self._most:
            return
        slow = sorted(((size, index, reader) for index, (size, reader) in enumerate(held)), reverse=True)
        for size, _, reader in slow:
            if self._total <= self._most or size <= LAG:
                break
            self._total -= size
            reader.cut_off()
