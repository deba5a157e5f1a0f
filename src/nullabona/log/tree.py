"""The Merkle tree of RFC 6962 and RFC 9162 §2.1 over SHA-256: hashing, growing, proving and checking proofs.

Runs of hashes are concatenated bytes, 32 each: a million small objects would cost more than the hashing. Checking never
returns False: a proof that does not hold raises `ProofInvalid`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.errors import Malformed, PeerError
from nullabona.log.strict import MAX_NUMBER

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""
MAX_PROOF: Final = 63
"""No proof about a tree of at most `MAX_NUMBER` leaves has more hashes."""

GetNode = Callable[[int, int], bytes]
"""(level, index) → hash of the perfect subtree over the leaves ``index << level`` to ``(index + 1) << level``."""


class ProofInvalid(PeerError):
    """A proof does not hold: an entry is not in the log as claimed, or a log did not only grow."""

    code = "proof-invalid"
    default_hint = "keep what you were given as evidence; nothing was believed"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf with this entry."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """The leaf hashes of ``entries``, concatenated."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def parents(row: bytes) -> bytes:
    """The hashes one level above ``row``, an even number of concatenated hashes."""
    return b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)])


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to append to it: its size and the roots of its perfect subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extend(self, hashes: bytes) -> Frontier:
        """The frontier after appending these concatenated leaf hashes."""
        level, row, peaks = 0, hashes, list(self.peaks)
        kept: list[bytes] = []
        while row:
            if self.size >> level & 1:
                row = peaks.pop() + row
            if len(row) // HASH_SIZE & 1:
                kept.append(row[-HASH_SIZE:])
                row = row[:-HASH_SIZE]
            row = parents(row)
            level += 1
        return Frontier(self.size + len(hashes) // HASH_SIZE, (*peaks, *reversed(kept)))

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        return fold(self.peaks)

    def encode(self) -> bytes:
        """Size as u64be, then the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @staticmethod
    def decode(data: bytes) -> Frontier:
        """The frontier in ``data``. Raises `Malformed` unless it has exactly the peaks of its size."""
        size = int.from_bytes(data[:8], "big")
        if len(data) < 8 or size > MAX_NUMBER or len(data) != 8 + HASH_SIZE * size.bit_count():
            raise Malformed("not a frontier")
        return Frontier(size, tuple(data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE)))


def frontier_at(get_node: GetNode, size: int) -> Frontier:
    """The frontier of the tree of ``size`` leaves."""
    peaks, at = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(get_node(level, at >> level))
            at += 1 << level
    return Frontier(size, tuple(peaks))


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees of falling size, left to right."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def subtree_hash(get_node: GetNode, start: int, end: int) -> bytes:
    """The hash over the leaves from ``start`` to ``end``, where ``start`` is as aligned as splitting makes it."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(get_node(level, start >> level))
        start += 1 << level
    return fold(peaks)


def root_hash(get_node: GetNode, size: int) -> bytes:
    """The root of the tree with ``size`` leaves."""
    return subtree_hash(get_node, 0, size)


def _split(width: int) -> int:
    """The largest power of two below ``width`` (RFC 9162 §2.1.1)."""
    return 1 << (width - 1).bit_length() - 1


def inclusion_proof(get_node: GetNode, index: int, size: int) -> tuple[bytes, ...]:
    """The hashes beside the way from leaf ``index`` to the root, the leaf's sibling first (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ProofInvalid(f"there is no entry {index} in a log of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_hash(get_node, middle, end))
            end = middle
        else:
            path.append(subtree_hash(get_node, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(get_node: GetNode, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """That the tree of ``new_size`` begins with the tree of ``old_size`` (RFC 9162 §2.1.4.1)."""
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(f"a log of {new_size} does not begin with one of {old_size}")
    start, end, path = 0, new_size, []
    while old_size not in {0, end}:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(subtree_hash(get_node, middle, end))
            end = middle
        else:
            path.append(subtree_hash(get_node, start, middle))
            start = middle
    if start:
        path.append(subtree_hash(get_node, start, end))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises `ProofInvalid` unless the leaf hash is at ``index`` of the tree (RFC 9162 §2.1.3.2)."""
    _check_hashes((leaf, root, *proof))
    if not 0 <= index < size:
        raise ProofInvalid(f"there is no entry {index} in a log of {size}")
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise ProofInvalid("an inclusion proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            up = (place & -place).bit_length() - 1
            place, last = place >> up, last >> up
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofInvalid("an inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises `ProofInvalid` unless the new tree begins with the old one (RFC 9162 §2.1.4.2)."""
    _check_hashes((old_root, new_root, *proof))
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(f"a log of {new_size} does not begin with one of {old_size}")
    if old_size in {0, new_size}:
        _check_plain(old_size, old_root, new_size, new_root, proof)
        return
    if not proof:
        raise ProofInvalid("a consistency proof is missing")
    if (old_root, new_root) != _climb(old_size - 1, new_size - 1, old_root, proof):
        raise ProofInvalid("a consistency proof does not lead to both roots")


def _check_plain(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """From nothing, or from itself: there is nothing to prove, and the roots must say so."""
    if proof:
        raise ProofInvalid("a consistency proof where none is needed")
    if (old_size == 0 and old_root != EMPTY_ROOT) or (old_size == new_size and old_root != new_root):
        raise ProofInvalid("one size, two roots")


def _climb(place: int, last: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of both trees as ``proof`` has them; steps 2 to 7 of RFC 9162 §2.1.4.2."""
    up = (~place & place + 1).bit_length() - 1
    place, last = place >> up, last >> up
    first, rest = (proof[0], proof[1:]) if place else (old_root, proof)
    old = new = first
    for sibling in rest:
        if not last:
            raise ProofInvalid("a consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            up = (place & -place).bit_length() - 1
            place, last = place >> up, last >> up
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("a consistency proof is too short")
    return old, new


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH_SIZE for each in hashes):
        raise ProofInvalid("a hash of a proof does not have 32 bytes")
