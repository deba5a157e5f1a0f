"""What rings within one peal, until it is over (spec/relay.md §4.5): who may have how many marks in it.

Whoever appends can ring, and everybody who hears is told. So a box has one mark for each connection that rings it,
whatever secrets come, and connections share what one peal may hold: the first mark of each comes before the second of
any, and what rings in boxes that were there before what rings in boxes that begin with it. Nothing of boxes and
connections is left when the peal is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, TypeAlias

from nullabona.relay.core.sharing import in_turn, level
from nullabona.wire.bells import mark

MOST_WAITING: Final = 32_768
"""So many marks wait for the end of a peal at most, about."""
_Rung: TypeAlias = dict[object, dict[int, bytes]]
"""Of each connection the marks of the boxes that it rang, in the order in which it did."""


class Ringing:
    """What rang since a peal began. ``salt`` is that of its marks."""

    def __init__(self, salt: bytes, most_waiting: int = MOST_WAITING) -> None:
        self.salt = salt
        self._more = False
        """Whether something rang that will not be told."""
        self._old: _Rung = {}
        self._new: _Rung = {}
        self._waiting = 0
        self._most_waiting = self._share = most_waiting
        """How many marks one connection may have waiting: as many as there are, until there are too many."""

    def __len__(self) -> int:
        return self._waiting

    def ring(self, secret: bytes | bytearray, box: int, source: object, *, new: bool) -> None:
        """A box with this secret rang, by ``source``; ``new``: and began with that.

        Who rings a box with two secrets is not honest, as the members of an epoch have one: only the first counts.
        """
        rung, other = (self._new, self._old) if new else (self._old, self._new)
        own = rung.setdefault(source, {})
        if box in own or box in other.get(source, ()):
            return
        if len(own) >= self._share or (self._waiting >= self._most_waiting and not self._make_room()):
            self._more = True
            return
        own[box] = mark(self.salt, secret)
        self._waiting += 1

    def told(self, most: int) -> tuple[list[bytes], bool]:
        """At most ``most`` marks, those that come first before the others, and whether there would be more."""
        found = list(islice(dict.fromkeys(self._in_order()), most + 1))
        return found[:most], self._more or len(found) > most

    def _in_order(self) -> Iterator[bytes]:
        return chain(*(in_turn([tuple(own.values()) for own in rung.values()]) for rung in (self._old, self._new)))

    def _make_room(self) -> bool:
        """There are too many: who rings most may have no more than a share. Whether there is room then."""
        if self._share == 1:
            return False
        rows = [*self._old.values(), *self._new.values()]
        self._share = max(1, level([len(own) for own in rows], self._most_waiting // 2))
        for own in rows:
            while len(own) > self._share:
                own.popitem()
                self._more = True
        self._waiting = sum(map(len, rows))
        return self._waiting < self._most_waiting
