"""The tree of RFC 9162: roots, proofs that hold, and no proof that holds for anything else."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.tree import (
    EMPTY_ROOT,
    Frontier,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.log.trees import PlainNodes, plain_leaves, plain_root

EIGHT = "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f"
LEAVES = plain_leaves(80)
NODES = PlainNodes(LEAVES)
ROOTS = [plain_root(LEAVES[:size]) for size in range(len(LEAVES) + 1)]


def test_the_eight_leaves_of_rfc_6962_have_their_published_root() -> None:
    """The root that other implementations test with."""
    entries = [bytes.fromhex(entry) for entry in EIGHT.split("|")]
    frontier = Frontier().extend(leaf_hashes(entries))
    assert "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" == frontier.root.hex()


def test_leaf_hashes_are_those_of_each_entry() -> None:
    """Many at once or one by one."""
    assert b"".join([leaf_hash(b""), leaf_hash(b"a")]) == leaf_hashes([b"", b"a"])


@pytest.mark.parametrize("size", range(72))
def test_roots_are_those_of_the_definition(size: int) -> None:
    """Appended in one piece or read from subtrees."""
    assert (ROOTS[size], ROOTS[size]) == (Frontier().extend(b"".join(LEAVES[:size])).root, root_hash(NODES, size))


@given(cuts=st.lists(st.integers(0, 80), max_size=9))
def test_how_a_tree_grew_does_not_matter(cuts: list[int]) -> None:
    """Any division into appended pieces gives the frontier of the whole, which survives its encoding."""
    frontier = Frontier()
    for start, end in pairwise([0, *sorted(cuts), 80]):
        frontier = Frontier.decode(frontier.extend(b"".join(LEAVES[start:end])).encode())
    assert Frontier().extend(b"".join(LEAVES)) == frontier


@given(data=st.binary(max_size=80))
def test_any_bytes_are_one_frontier_or_malformed(data: bytes) -> None:
    """What decodes encodes to itself."""
    try:
        frontier = Frontier.decode(data)
    except Malformed:
        return
    assert data == frontier.encode()


@pytest.mark.parametrize(
    "data",
    [b"", bytes(7), bytes(9), (1).to_bytes(8, "big"), (3).to_bytes(8, "big") + bytes(32), b"\x80" + bytes(7 + 32)],
)
def test_a_frontier_has_the_peaks_of_its_size(data: bytes) -> None:
    """Too short, too long, or larger than any size may be."""
    with pytest.raises(Malformed):
        Frontier.decode(data)


@pytest.mark.parametrize("size", range(1, 72))
def test_every_inclusion_proof_holds_at_its_place_only(size: int) -> None:
    """At its own place it leads to the root; at every other place, in every other size, it does not."""
    for index in range(size):
        proof = inclusion_proof(NODES, index, size)
        verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        for wrong in {index ^ 1, index + 1, size - 1 - index} - {index}:
            with pytest.raises(ProofInvalid):
                verify_inclusion(LEAVES[index], wrong, size, proof, ROOTS[size])
        with pytest.raises(ProofInvalid):
            verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize("new", range(72))
def test_every_consistency_proof_holds_for_its_sizes_only(new: int) -> None:
    """From every smaller size, and from no other root."""
    for old in range(new + 1):
        proof = consistency_proof(NODES, old, new)
        verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
        with pytest.raises(ProofInvalid):
            verify_consistency(old, bytes(32), new, ROOTS[new], proof)
        if old:
            with pytest.raises(ProofInvalid):
                verify_consistency(old, ROOTS[old], new, bytes(32), proof)
        if 0 < old < new:
            with pytest.raises(ProofInvalid):
                verify_consistency(old - 1, ROOTS[old - 1], new, ROOTS[new], proof)


@given(size=st.integers(2, 80), rng=st.randoms(use_true_random=False))
def test_no_proof_survives_a_change(size: int, rng: random.Random) -> None:
    """A flipped bit, a hash left out, added or swapped: refused, for both kinds of proof."""
    index, old = rng.randrange(size), rng.randrange(1, size)
    for changed in changes(inclusion_proof(NODES, index, size), rng):
        with pytest.raises(ProofInvalid):
            verify_inclusion(LEAVES[index], index, size, changed, ROOTS[size])
    for changed in changes(consistency_proof(NODES, old, size), rng):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, ROOTS[old], size, ROOTS[size], changed)


def changes(proof: tuple[bytes, ...], rng: random.Random) -> list[tuple[bytes, ...]]:
    """Proofs that are not this one."""
    at, bit = rng.randrange(len(proof)), rng.randrange(256)
    flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return [
        (*proof[:at], flipped, *proof[at + 1 :]),
        (*proof[:at], proof[at][:31], *proof[at + 1 :]),
        (*proof[:at], *proof[at + 1 :]),
        (*proof, bytes(32)),
        (*proof, proof[-1]),
        (bytes(32), *proof),
    ]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3), (4, 3)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    """Neither made nor believed."""
    with pytest.raises(ProofInvalid):
        inclusion_proof(NODES, index, size)
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 3), (1, 0)])
def test_a_log_does_not_shrink(old: int, new: int) -> None:
    """Neither made nor believed."""
    with pytest.raises(ProofInvalid):
        consistency_proof(NODES, old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, ROOTS[1], new, ROOTS[1], ())


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "proof"),
    [
        (0, EMPTY_ROOT, 3, ROOTS[3], (LEAVES[0],)),
        (3, ROOTS[3], 3, ROOTS[3], (LEAVES[0],)),
        (3, ROOTS[3], 3, ROOTS[4], ()),
        (0, ROOTS[1], 3, ROOTS[3], ()),
        (0, EMPTY_ROOT, 0, ROOTS[1], ()),
        (2, ROOTS[2], 3, ROOTS[3], ()),
        (2, ROOTS[2][:31], 3, ROOTS[3], (LEAVES[2],)),
    ],
    ids=["from-nothing", "to-itself", "two-roots", "nothing-has-one-root", "nothing-twice", "missing", "short-root"],
)
def test_what_needs_no_proof_has_none(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: tuple[bytes, ...]
) -> None:
    """Plain cases are checked as strictly as the others."""
    with pytest.raises(ProofInvalid):
        verify_consistency(old, old_root, new, new_root, proof)


@pytest.mark.parametrize("size", [2**20, 2**40 + 7, 2**62 + 2**33 + 1, 2**63 - 1])
def test_sizes_beyond_any_memory_can_be_proven(size: int) -> None:
    """Over a tree whose leaves are all alike, so that a subtree's hash depends on its level only."""
    levels = [leaf_hash(b"")]
    for _ in range(63):
        levels.append(Frontier(0).extend(levels[-1] * 2).root)
    rng = random.Random(size)
    root = root_hash(lambda level, _: levels[level], size)
    for _ in range(20):
        index, old = rng.randrange(size), rng.randrange(size)
        proof = inclusion_proof(lambda level, _: levels[level], index, size)
        verify_inclusion(levels[0], index, size, proof, root)
        older = root_hash(lambda level, _: levels[level], old)
        verify_consistency(old, older, size, root, consistency_proof(lambda level, _: levels[level], old, size))
        assert len(proof) <= 63
