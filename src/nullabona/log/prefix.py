"""Proofs of a prefix tree over random labels: what is at a label under a root, or that nothing is (spec/map.md).

Pure, and needed on both sides: the directory makes walks, a client checks them. A root fixes for every label where its
bits lead from the top: to the label's own leaf, to another label's, or to nothing. So under one root a handle has one
card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from nullabona.errors import PeerError

LABEL_BYTES: Final = 32
NONCE_BYTES: Final = 16
DEEPEST: Final = 8 * LABEL_BYTES
EMPTY: Final = bytes(32)
"""The hash of a part of the tree that has no label."""
TOMBSTONE: Final = bytes(32)
"""Represents a card's hash once the card was deleted."""

_LEAF: Final = b"nullabona map leaf v1"
_NODE: Final = b"nullabona map node v1"
_COMMITMENT: Final = b"nullabona map commitment v1"


class MapProofInvalid(PeerError):
    """A proof about a handle does not lead to the root that it should."""

    code = "map-proof-invalid"
    default_hint = "nothing was believed; the directory showed something other than its record"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment is to. ``version`` counts the entries of one label, from 1."""

    nonce: bytes = field(repr=False)
    version: int
    digest: bytes
    """The hash of the card, or `TOMBSTONE`."""

    @property
    def commitment(self) -> bytes:
        """Says nothing of what it is to, without the nonce."""
        return sha256(_COMMITMENT + self.nonce + self.version.to_bytes(8, "big") + self.digest).digest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One label and the commitment that is at it."""

    label: bytes
    commitment: bytes

    @property
    def hash(self) -> bytes:
        """The hash of a part of the tree that has only this label, however high or low that part begins."""
        return sha256(_LEAF + self.label + self.commitment).digest()


@dataclass(frozen=True, slots=True)
class Walk:
    """The way of a label's bits from the root: the hash of the part not taken at each, from the top."""

    siblings: tuple[bytes, ...]
    other: Leaf | None = None
    """The only label below the end of the way, if it is another one."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a part that has two labels or more."""
    return sha256(_NODE + left + right).digest()


def bit(label: bytes, depth: int) -> int:
    """The bit of a label that decides at ``depth``, the first at the root."""
    return label[depth >> 3] >> (7 - (depth & 7)) & 1


def root_with(label: bytes, commitment: bytes, walk: Walk) -> bytes:
    """The root under which ``commitment`` is at ``label``.

    Raises `MapProofInvalid` if the walk shows another's leaf.
    """
    if walk.other is not None:
        raise MapProofInvalid("a proof of presence ends at another label")
    return _fold(label, Leaf(label, commitment).hash, walk.siblings)


def root_without(label: bytes, walk: Walk) -> bytes:
    """The root under which nothing is at ``label``. Raises `MapProofInvalid`."""
    other = walk.other
    if other is None:
        return _fold(label, EMPTY, walk.siblings)
    if other.label == label or not shares(other.label, label, len(walk.siblings)):
        raise MapProofInvalid("a proof of absence ends at a label that is not in the way")
    return _fold(label, other.hash, walk.siblings)


def shares(one: bytes, another: bytes, bits: int) -> bool:
    """Whether two labels begin with the same ``bits`` bits."""
    rest = DEEPEST - bits
    return int.from_bytes(one, "big") >> rest == int.from_bytes(another, "big") >> rest


def _fold(label: bytes, bottom: bytes, siblings: Sequence[bytes]) -> bytes:
    if len(siblings) > DEEPEST:
        raise MapProofInvalid("a proof is longer than a label")
    found = bottom
    for depth in range(len(siblings) - 1, -1, -1):
        found = node_hash(siblings[depth], found) if bit(label, depth) else node_hash(found, siblings[depth])
    return found
