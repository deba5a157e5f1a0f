"""What rang lately, in numbered peals: for those who hear all that rings (spec/relay.md §4.5).

A peal is what rang within a fraction of a second: a salt, and a mark for each box. Nothing here leads from a mark to
its box, and a box's marks in two peals have nothing in common, for whoever does not hold its secret. No clock: the
caller says when a peal is over, and whether anybody hears.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from nullabona.wire.bells import mark
from nullabona.wire.messages import MARK_SIZE, MAX_PEALS, SALT_SIZE, Pealed

_OVERHEAD = 120
"""Bytes that a peal takes in memory beside its marks, about."""


class Pealing:
    """The peals of one relay. ``chance(bits)`` gives a random number; ``most_bytes`` are remembered, about."""

    def __init__(self, chance: Callable[[int], int], most_bytes: int) -> None:
        self._chance = chance
        self._most_bytes = most_bytes
        self._past: deque[tuple[bytes, bytes]] = deque()
        self._bytes = 0
        self.head = chance(48)
        """The number of the last peal that is over. It begins anywhere: numbers of another run mean nothing in this."""
        self._salt = b""
        self._marks: dict[bytes, None] = {}

    def ring(self, secret: bytes | bytearray) -> bool:
        """A box with this secret rang; whether that begins a peal, which is to be closed soon."""
        begins = not self._salt
        if begins:
            self._salt = self._chance(8 * SALT_SIZE).to_bytes(SALT_SIZE, "big")
        self._marks[mark(self._salt, secret)] = None
        return begins

    def close(self) -> None:
        """The peal is over."""
        marks = b"".join(sorted(self._marks))
        self._past.append((self._salt, marks))
        self._bytes += len(marks) + _OVERHEAD
        self._salt, self._marks = b"", {}
        self.head += 1
        while self._bytes > self._most_bytes and len(self._past) > 1:
            self._drop()

    def forget_before(self, number: int) -> None:
        """Those with a lower number are not remembered any more."""
        while self._past and self.head - len(self._past) + 1 < number:
            self._drop()

    def forget(self) -> None:
        """Nobody hears: what rings is not remembered, and whoever comes back learns that they missed something."""
        self._past.clear()
        self._bytes = 0
        self._salt, self._marks = b"", {}
        self.head += 1

    def after(self, number: int, most_bytes: int) -> Pealed:
        """The peals after ``number``, oldest first; nothing, and from now on, if those are not all remembered."""
        behind = self.head - number
        if not 0 <= behind <= len(self._past):
            return Pealed(self.head + 1, ())
        # From the new end: a deque is gone through one by one, and most who ask lack hardly any.
        peals = list(islice(reversed(self._past), max(0, behind - MAX_PEALS), behind))
        peals.reverse()
        return Pealed(number + 1, tuple(_no_more_than(most_bytes, peals)))

    def _drop(self) -> None:
        self._bytes -= len(self._past.popleft()[1]) + _OVERHEAD

    def __len__(self) -> int:
        """How many marks are remembered."""
        return (self._bytes - _OVERHEAD * len(self._past)) // MARK_SIZE + len(self._marks)


def _no_more_than(most_bytes: int, peals: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """As many from the beginning as take so many bytes, but at least one if there is one."""
    for at, peal in enumerate(peals):
        most_bytes -= len(peal[1]) + _OVERHEAD
        if at and most_bytes < 0:
            return
        yield peal
