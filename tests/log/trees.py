"""Trees in the words of RFC 6962 §2.1, slow and plain, to hold the real ones against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes, as the RFC defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while 2 * middle < len(leaves):
        middle *= 2
    return sha256(b"\x01" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])).digest()


def plain_leaves(count: int) -> list[bytes]:
    """The leaf hashes of ``count`` small entries."""
    return [sha256(b"\x00" + b"%d" % number).digest() for number in range(count)]


@dataclass(frozen=True, slots=True)
class PlainNodes:
    """A `GetNode` over a list."""

    leaves: Sequence[bytes]

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of one perfect subtree, all of it there."""
        part = self.leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return plain_root(part)
