"""The activity digest that is still open: which box gets how many tags in it (spec/relay.md §4.5).

Everybody who appends can fill a digest that everybody is sent. So a box has one tag per connection that appended to
it, whatever secrets come, and connections share the room in a digest: the first tag of each connection comes before
the second of any, and boxes that existed before come ahead of boxes that begin with this append. Nothing about boxes
and connections is left when the digest is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, TypeAlias

from nullabona.relay.core.sharing import in_turn, level
from nullabona.wire.wakes import activity_tag

MOST_WAITING: Final = 32_768
"""So many tags wait for the end of a digest at most, about."""
_Tags: TypeAlias = dict[object, dict[int, bytes]]
"""For each connection the tags of the boxes that it appended to, in the order in which it did."""


class OpenDigest:
    """The activity since the digest began. ``salt`` is that of its tags."""

    def __init__(self, salt: bytes, most_waiting: int = MOST_WAITING) -> None:
        self.salt = salt
        self.omits = False
        """Whether there was activity that will not be told."""
        self._old: _Tags = {}
        self._new: _Tags = {}
        self._waiting = 0
        self._most_waiting = self._share = most_waiting
        """How many tags one connection may have waiting: as many as there are, until there are too many."""

    def __len__(self) -> int:
        return self._waiting

    def record(self, secret: bytes | bytearray, box: int, source: object, *, new: bool) -> int:
        """``source`` appended to a box with this secret; ``new``: the box began with that.

        Only the first secret of a box counts: members of an epoch have one, so a second one is not honest. Returns
        which tag of this connection that is, counted from 1, among boxes of the same kind; 0 if it adds none.
        """
        tags, other = (self._new, self._old) if new else (self._old, self._new)
        own = tags.setdefault(source, {})
        if box in own or box in other.get(source, ()):
            return 0
        if len(own) >= self._share or (self._waiting >= self._most_waiting and not self._make_room()):
            self.omits = True
            return 0
        own[box] = activity_tag(self.salt, secret)
        self._waiting += 1
        return len(own)

    def tags(self, most: int) -> tuple[list[bytes], bool]:
        """At most ``most`` tags, in the order of their precedence, and whether others are omitted."""
        found = list(islice(dict.fromkeys(self._in_order()), most + 1))
        return found[:most], self.omits or len(found) > most

    def _in_order(self) -> Iterator[bytes]:
        return chain(*(in_turn([tuple(own.values()) for own in tags.values()]) for tags in (self._old, self._new)))

    def _make_room(self) -> bool:
        """Cut the connections with most tags down to an equal share; returns whether there is room then."""
        if self._share == 1:
            return False
        rows = [*self._old.values(), *self._new.values()]
        self._share = max(1, level([len(own) for own in rows], self._most_waiting // 2))
        for own in rows:
            while len(own) > self._share:
                own.popitem()
                self.omits = True
        self._waiting = sum(map(len, rows))
        return self._waiting < self._most_waiting
