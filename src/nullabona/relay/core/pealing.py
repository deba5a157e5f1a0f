"""What rang lately, in numbered peals: for those who hear all that rings (spec/relay.md §4.5).

A peal is what rang within a fraction of a second: a salt, and a mark for each box. Nothing here leads from a mark to
its box, and a box's marks in two peals have nothing in common, for whoever does not hold its secret. No clock: the
caller says when a peal is over, and whether anybody hears.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from nullabona.relay.core.ringing import Ringing
from nullabona.wire.bells import MORE
from nullabona.wire.messages import MARK_SIZE, MAX_PEALS, SALT_SIZE, Pealed

_OVERHEAD = 120
"""Bytes that a peal takes in memory beside its marks, about."""
_THIN = 8
"""So many marks of a peal are remembered in any case: of 12 hours that fits `Limits.peal_bytes`, whatever rings."""
_CLASSES = 32


class Pealing:
    """The peals of one relay. ``chance(bits)`` gives a random number; ``most_bytes`` are remembered, about."""

    def __init__(self, chance: Callable[[int], int], most_bytes: int) -> None:
        self._chance = chance
        self._most_bytes = most_bytes
        self._past: deque[tuple[bytes, bytes]] = deque()
        self._bytes = 0
        self.head = chance(48)
        """The number of the last peal that is over. It begins anywhere: numbers of another run mean nothing in this."""
        self._open: Ringing | None = None
        self._thin: dict[int, bytes] = {}
        """Of peals with many marks, by number: what is remembered of them when there is no room for all."""
        self._heavy: list[deque[int]] = [deque() for _ in range(_CLASSES)]
        """The numbers of those, the oldest first, by how many marks they have; some are not remembered any more."""

    def ring(self, secret: bytes | bytearray, box: int, source: object, *, new: bool = False) -> bool:
        """A box with this secret rang, by ``source``; whether that begins a peal, which is to be closed soon.

        ``new``: the box begins with that. See `Ringing` for who may have how many marks.
        """
        begins = self._open is None
        if self._open is None:
            self._open = Ringing(self._chance(8 * SALT_SIZE).to_bytes(SALT_SIZE, "big"))
        self._open.ring(secret, box, source, new=new)
        return begins

    def close(self, most_marks: int) -> None:
        """The peal is over; everybody is told ``most_marks`` of it at most, and if there would be more, that too."""
        if self._open is None:
            return
        marks, more = self._open.told(most_marks)
        told = _told(marks, more=more)
        self._past.append((self._open.salt, told))
        self._bytes += len(told) + _OVERHEAD
        self._open = None
        self.head += 1
        if len(marks) > _THIN:
            thin = self._thin[self.head] = _told(marks[:_THIN], more=True)
            self._bytes += len(thin) + _OVERHEAD
            self._heavy[len(marks).bit_length()].append(self.head)
        while self._bytes > self._most_bytes and len(self._past) > 1:
            self._make_room()

    def forget_before(self, number: int) -> None:
        """Those with a lower number are not remembered any more."""
        while self._past and self.head - len(self._past) + 1 < number:
            self._drop()

    def forget(self) -> None:
        """Nobody hears: what rings is not remembered, and whoever comes back learns that they missed something."""
        self._past.clear()
        self._thin.clear()
        for numbers in self._heavy:
            numbers.clear()
        self._bytes = 0
        self._open = None
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

    def _make_room(self) -> None:
        """Of the peals with most marks the oldest loses all but a few; if there is none, the oldest of all goes.

        So what one rings in hours in which much rings does not push out those in which little does.
        """
        for numbers in reversed(self._heavy):
            while numbers:
                number = numbers.popleft()
                if (thin := self._thin.pop(number, None)) is not None:
                    at = number - 1 - (self.head - len(self._past))
                    salt, told = self._past[at]
                    self._past[at] = salt, thin
                    self._bytes -= len(told) + _OVERHEAD
                    return
        self._drop()

    def _drop(self) -> None:
        number = self.head - len(self._past) + 1
        thin = self._thin.pop(number, None)
        self._bytes -= len(self._past.popleft()[1]) + _OVERHEAD
        if thin is not None:
            self._bytes -= len(thin) + _OVERHEAD
        for numbers in self._heavy:
            while numbers and numbers[0] <= number:
                numbers.popleft()

    def __len__(self) -> int:
        """How many marks are remembered."""
        return sum(len(told) // MARK_SIZE for _, told in self._past) + (len(self._open) if self._open else 0)


def _told(marks: Iterable[bytes], *, more: bool) -> bytes:
    return MORE * more + b"".join(sorted(marks))


def _no_more_than(most_bytes: int, peals: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """As many from the beginning as take so many bytes, but at least one if there is one."""
    for at, peal in enumerate(peals):
        most_bytes -= len(peal[1]) + _OVERHEAD
        if at and most_bytes < 0:
            return
        yield peal
