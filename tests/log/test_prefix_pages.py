"""The map: pages and walks agree with the plain recursion, at every epoch; a walk proves one thing and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.log.prefix import (
    DEEPEST,
    EMPTY,
    Leaf,
    MapProofInvalid,
    Opening,
    Walk,
    bit,
    node_hash,
    root_with,
    root_without,
)
from nullabona.log.prefix_pages import NOTHING, STRIDE, TOP, WIDTH, Part, changed_parts, walk_to

ONE, OTHER = b"\x00" * 32, b"\x00" * 31 + b"\x01"
"""Two labels that part at the very last bit."""


@dataclass
class Table:
    """The map in two dictionaries."""

    labels: dict[bytes, Leaf] = field(default_factory=dict)
    stored: dict[int, Part] = field(default_factory=dict)

    def parts(self, place: int) -> Sequence[Part]:
        return [self.stored.get((place << STRIDE) + way, NOTHING) for way in range(WIDTH)]

    def leaves(self, first: bytes, last: bytes) -> list[Leaf]:
        return [leaf for label, leaf in sorted(self.labels.items()) if first <= label <= last]

    def change(self, changes: Mapping[bytes, Leaf | None]) -> None:
        self.stored |= changed_parts(self, changes)
        for label, leaf in changes.items():
            self.labels.pop(label, None)
            if leaf is not None:
                self.labels[label] = leaf

    @property
    def root(self) -> bytes:
        return self.stored.get(TOP, NOTHING).root


def plain(leaves: Sequence[Leaf], depth: int = 0) -> bytes:
    """The recursion that spec/map.md defines the root by."""
    if len(leaves) < 2:
        return leaves[0].hash if leaves else EMPTY
    halves = [[leaf for leaf in leaves if bit(leaf.label, depth) == side] for side in (0, 1)]
    return node_hash(plain(halves[0], depth + 1), plain(halves[1], depth + 1))


def table(labels: Sequence[bytes]) -> Table:
    made = Table()
    made.change({label: Leaf(label, bytes([place % 256]) * 32) for place, label in enumerate(labels)})
    return made


near = st.builds(lambda head, place, low: bytes([head]) * place + bytes(31 - place) + bytes([low]),
                 st.integers(0, 255), st.integers(0, 31), st.integers(0, 3))  # fmt: skip
"""Labels of which many begin alike."""
label = near | st.binary(min_size=32, max_size=32)
changes = st.dictionaries(label, st.none() | st.binary(min_size=32, max_size=32), max_size=12)


@given(st.lists(changes, max_size=5), label)
def test_pages_agree_with_the_recursion(steps: list[dict[bytes, bytes | None]], missing: bytes) -> None:
    """After any changes the root is the plain one, and every label, there or not, is proven under it."""
    made = Table()
    for step in steps:
        made.change({at: None if value is None else Leaf(at, value) for at, value in step.items()})
        assert plain([made.labels[at] for at in sorted(made.labels)]) == made.root
    for leaf in made.labels.values():
        assert made.root == root_with(leaf.label, leaf.commitment, walk_to(made, leaf.label))
    if missing not in made.labels:
        assert made.root == root_without(missing, walk_to(made, missing))


def test_labels_that_part_at_the_last_bit() -> None:
    """The deepest tree there can be is proven, and a longer walk is refused."""
    made = table([ONE, OTHER])
    walk = walk_to(made, ONE)
    assert (DEEPEST, made.root) == (len(walk.siblings), root_with(ONE, made.labels[ONE].commitment, walk))
    with pytest.raises(MapProofInvalid):
        root_with(ONE, made.labels[ONE].commitment, Walk((*walk.siblings, EMPTY)))


def test_a_walk_proves_nothing_else() -> None:
    """Another commitment, another sibling, a cut walk, or presence taken for absence lead to another root."""
    made = table([bytes([number]) * 32 for number in range(40)])
    here = bytes([7]) * 32
    walk, commitment = walk_to(made, here), made.labels[here].commitment
    others = [
        root_with(here, bytes(32), walk),
        root_with(here, commitment, Walk(walk.siblings[:-1])),
        root_with(here, commitment, Walk((*walk.siblings[:-1], bytes([1]) * 32))),
        root_without(here, walk),
        root_with(bytes([8]) * 32, commitment, walk),
    ]
    assert made.root not in others


def test_absence_is_shown_by_a_leaf_in_the_way() -> None:
    """Only another label that begins like the missing one shows that it is missing."""
    made = table([ONE])
    walk = walk_to(made, OTHER)
    assert Walk((), made.labels[ONE]) == walk
    assert made.root == root_without(OTHER, walk)
    for wrong in (replace(walk, other=Leaf(OTHER, bytes(32))), Walk((EMPTY,), Leaf(b"\xff" * 32, bytes(32)))):
        with pytest.raises(MapProofInvalid):
            root_without(OTHER, wrong)
    with pytest.raises(MapProofInvalid):
        root_with(OTHER, bytes(32), walk)


def test_a_commitment_hides_and_binds() -> None:
    """Each of nonce, version and digest changes the commitment; the nonce is not in the repr."""
    opening = Opening(b"n" * 16, 1, b"d" * 32)
    others = (replace(opening, nonce=b"m" * 16), replace(opening, version=2), replace(opening, digest=bytes(32)))
    assert len({made.commitment for made in (opening, *others)}) == 4
    assert "nonce" not in repr(opening)
