"""The activity digests that are remembered, and what goes when there is no room for all (spec/relay.md §4.5).

Answers are signed here, as parts of one chain (§4.8). A process that shares its digests with others keeps its own copy
of them in the same way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

import msgspec

from nullabona.log.digest_chain import ALL, FEW, FEW_TAGS, StreamKey, leaf_of, link, without
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, MAX_ACTIVITY_DIGESTS, ActivityDigests

OVERHEAD: Final = 120
"""Bytes that a digest takes in memory beside its tags, about."""
THIN: Final = FEW_TAGS
"""So many tags of a digest are kept in any case: 12 hours of that fit `Limits.activity_bytes`, however much happens."""
_CLASSES: Final = 32
_HASH: Final = 32
_CUT: Final = 4_096
"""Hashes of forgotten digests go when there are so many."""


class PastDigests:
    """Closed digests, of which about ``most_bytes`` are remembered. The first has the number after ``head``.

    Answers are not `signed` before `sign_with`.
    """

    def __init__(self, head: int, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._past: deque[tuple[bytes, bytes]] = deque()
        self._bytes = 0
        self.head = head
        """The number of the last closed digest. It begins at random: numbers of another run mean nothing in this one.
        """
        self._thin: dict[int, bytes] = {}
        """Of digests with many tags, by number: what is kept of them when there is no room for all."""
        self._heavy: list[deque[int]] = [deque() for _ in range(_CLASSES)]
        """The numbers of those, oldest first, by how many tags they have; some are already forgotten."""
        self._others: dict[int, bytes] = {}
        """What goes with a digest that had many tags, by number: see `leaf_of`. Made once, not for each answer."""
        self._key: StreamKey | None = None
        self._hashes = bytearray()
        """The chain's hash at ``_first`` and at each number after it, up to ``head``."""
        self._first = head
        self._signed: tuple[int, bytes] = -1, b""
        """The newest number that was signed, and the signature."""

    def sign_with(self, key: StreamKey | None, hashed: bytes = b"") -> None:
        """Sign answers with ``key`` from now on; ``hashed`` is the chain's hash at ``head``.

        Nothing may be remembered yet.
        """
        self._key = key
        self._chain_from(hashed if key else b"")

    def _chain_from(self, hashed: bytes) -> None:
        self._hashes, self._first, self._signed = bytearray(hashed), self.head, (-1, b"")

    @property
    def hashed(self) -> bytes:
        """The chain's hash at ``head``; empty if there is no chain."""
        return bytes(self._hashes[-_HASH:])

    @property
    def last_salt(self) -> bytes:
        """That of the digest ``head``; empty if it is not remembered."""
        return self._past[-1][0] if self._past else b""

    def __len__(self) -> int:
        """How many tags are remembered."""
        return sum(len(tags) // ACTIVITY_TAG_SIZE for _, tags in self._past)

    def add(self, salt: bytes, encoded: bytes, thin: bytes = b"") -> None:
        """Number and remember a digest. ``thin``: that some are omitted, and the tags to keep if there is no room."""
        other = ALL + thin[ACTIVITY_TAG_SIZE:] if thin else b""
        if self._hashes:
            self._hashes += link(self.hashed, leaf_of(salt, encoded, other))
        self._past.append((salt, encoded))
        self._bytes += len(encoded) + OVERHEAD
        self.head += 1
        if thin:
            self._thin[self.head], self._others[self.head] = thin, other
            self._bytes += len(thin) + OVERHEAD
            self._heavy[(len(encoded) // ACTIVITY_TAG_SIZE).bit_length()].append(self.head)
        while self._bytes > self._most_bytes and len(self._past) > 1:
            self._make_room()

    def forget_before(self, number: int) -> None:
        """Forget the digests with a lower number."""
        while self._past and self.head - len(self._past) + 1 < number:
            self._drop()

    def clear(self, head: int, hashed: bytes = b"") -> None:
        """Forget everything; the next digest has the number after ``head``, at which the chain's hash is ``hashed``."""
        self._past.clear()
        self._thin.clear()
        self._others.clear()
        for numbers in self._heavy:
            numbers.clear()
        self._bytes = 0
        self.head = head
        self._chain_from(hashed)

    def signed(self, answer: ActivityDigests, *, brief: bool) -> ActivityDigests:
        """An answer of `after` with its signature. ``brief``: for a client that has the key and the hash before it."""
        if self._key is None or not self._hashes:
            return answer
        before, last = answer.first - 1, answer.first - 1 + len(answer.digests)
        return msgspec.structs.replace(
            answer,
            signature=self._signature(last),
            others=self._others_of(range(answer.first, last + 1)),
            key=b"" if brief else self._key.public,
            before=b"" if brief else self._hash_at(before),
        )

    def _hash_at(self, number: int) -> bytes:
        at = (number - self._first) * _HASH
        return bytes(self._hashes[at : at + _HASH])

    def _signature(self, number: int) -> bytes:
        if number == self._signed[0]:
            return self._signed[1]
        assert self._key is not None
        signature = self._key.sign(number, self._hash_at(number))
        if number == self.head:
            self._signed = number, signature
        return signature

    def _others_of(self, numbers: range) -> tuple[bytes, ...]:
        found = tuple(self._others.get(number, b"") for number in numbers)
        return found if any(found) else ()

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
                    self._others[number] = FEW + sha256(without(encoded, thin[ACTIVITY_TAG_SIZE:])).digest()
                    self._bytes -= len(encoded) + OVERHEAD
                    return
        self._drop()

    def _drop(self) -> None:
        number = self.head - len(self._past) + 1
        thin = self._thin.pop(number, None)
        self._others.pop(number, None)
        if self._hashes and number - self._first >= _CUT:
            del self._hashes[: (number - self._first) * _HASH]
            self._first = number
        self._bytes -= len(self._past.popleft()[1]) + OVERHEAD
        if thin is not None:
            self._bytes -= len(thin) + OVERHEAD
        for numbers in self._heavy:
            while numbers and numbers[0] <= number:
                numbers.popleft()


def _no_more_than(most_bytes: int, digests: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """As many from the beginning as fit into so many bytes, but at least one if there is one."""
    for at, digest in enumerate(digests):
        most_bytes -= len(digest[1]) + OVERHEAD
        if at and most_bytes < 0:
            return
        yield digest
