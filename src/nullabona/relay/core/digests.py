"""Recent activity in numbered digests, for clients that poll the activity of the whole relay (spec/relay.md §4.5).

A digest covers a fraction of a second: a salt, and a tag for each box that was appended to. Without a box's secret
nothing leads from a tag to the box, and its tags in two digests have nothing in common. No clock: the caller says when
a digest is complete, and whether anybody polls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from nullabona.relay.core.open_digest import OpenDigest
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, MAX_ACTIVITY_DIGESTS, SALT_SIZE, ActivityDigests
from nullabona.wire.wakes import OMITTED

_OVERHEAD = 120
"""Bytes that a digest takes in memory beside its tags, about."""
_THIN = 8
"""So many tags of a digest are kept in any case: 12 hours of that fit `Limits.activity_bytes`, however much happens."""
_CLASSES = 32


class Digests:
    """The activity digests of one relay. ``rng(bits)`` gives a random number; about ``most_bytes`` are remembered."""

    def __init__(self, rng: Callable[[int], int], most_bytes: int) -> None:
        self._rng = rng
        self._most_bytes = most_bytes
        self._past: deque[tuple[bytes, bytes]] = deque()
        self._bytes = 0
        self.head = rng(48)
        """The number of the last closed digest. It begins at random: numbers of another run mean nothing in this one.
        """
        self._open: OpenDigest | None = None
        self._thin: dict[int, bytes] = {}
        """Of digests with many tags, by number: what is kept of them when there is no room for all."""
        self._heavy: list[deque[int]] = [deque() for _ in range(_CLASSES)]
        """The numbers of those, oldest first, by how many tags they have; some are already forgotten."""

    def record(self, secret: bytes | bytearray, box: int, source: object, *, new: bool = False) -> bool:
        """``source`` appended to a box with this secret. Returns whether that begins a digest, which the caller must
        close.

        ``new``: the box begins with that. `OpenDigest` decides how many tags a connection may have.
        """
        begins = self._open is None
        if self._open is None:
            self._open = OpenDigest(self._rng(8 * SALT_SIZE).to_bytes(SALT_SIZE, "big"))
        self._open.record(secret, box, source, new=new)
        return begins

    def close(self, most_tags: int) -> None:
        """Close the open digest with at most ``most_tags`` tags; if there would be more, the digest says so."""
        if self._open is None:
            return
        tags, omitted = self._open.tags(most_tags)
        encoded = _encoded(tags, omitted=omitted)
        self._past.append((self._open.salt, encoded))
        self._bytes += len(encoded) + _OVERHEAD
        self._open = None
        self.head += 1
        if len(tags) > _THIN:
            thin = self._thin[self.head] = _encoded(tags[:_THIN], omitted=True)
            self._bytes += len(thin) + _OVERHEAD
            self._heavy[len(tags).bit_length()].append(self.head)
        while self._bytes > self._most_bytes and len(self._past) > 1:
            self._make_room()

    def forget_before(self, number: int) -> None:
        """Forget the digests with a lower number."""
        while self._past and self.head - len(self._past) + 1 < number:
            self._drop()

    def forget(self) -> None:
        """Nobody polls: forget everything. A client that comes back learns that it missed something."""
        self._past.clear()
        self._thin.clear()
        for numbers in self._heavy:
            numbers.clear()
        self._bytes = 0
        self._open = None
        self.head += 1

    def after(self, number: int, most_bytes: int) -> ActivityDigests:
        """The digests after ``number``, oldest first. If some are forgotten: none, and the number to go on from."""
        behind = self.head - number
        if not 0 <= behind <= len(self._past):
            return ActivityDigests(self.head + 1, ())
        # From the new end: a deque is walked item by item, and most clients lack only a few digests.
        digests = list(islice(reversed(self._past), max(0, behind - MAX_ACTIVITY_DIGESTS), behind))
        digests.reverse()
        return ActivityDigests(number + 1, tuple(_no_more_than(most_bytes, digests)))

    def _make_room(self) -> None:
        """Of the digests with most tags the oldest loses all but a few; if there is none, the oldest of all goes.

        So busy hours, which a stranger can cause, do not push quiet hours out.
        """
        for numbers in reversed(self._heavy):
            while numbers:
                number = numbers.popleft()
                if (thin := self._thin.pop(number, None)) is not None:
                    at = number - 1 - (self.head - len(self._past))
                    salt, encoded = self._past[at]
                    self._past[at] = salt, thin
                    self._bytes -= len(encoded) + _OVERHEAD
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
        """How many tags are remembered."""
        return sum(len(tags) // ACTIVITY_TAG_SIZE for _, tags in self._past) + (len(self._open) if self._open else 0)


def _encoded(tags: Iterable[bytes], *, omitted: bool) -> bytes:
    return OMITTED * omitted + b"".join(sorted(tags))


def _no_more_than(most_bytes: int, digests: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """As many from the beginning as fit into so many bytes, but at least one if there is one."""
    for at, digest in enumerate(digests):
        most_bytes -= len(digest[1]) + _OVERHEAD
        if at and most_bytes < 0:
            return
        yield digest
