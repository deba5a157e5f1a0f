"""The prefix tree as pages: how it is stored, how a change alters it, how a walk is read from it (spec/map.md §4).

The store keeps the labels with all their versions, and the roots of *pages*: parts of the tree that begin at depths 0,
6, 12 and 18, each with its epoch. The nodes between are computed on demand, at any epoch that is still kept. A place is
a page's number: its bits after a leading 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from nullabona.log.prefix import DEEPEST, EMPTY, Leaf, Walk, node_hash

STRIDE: Final = 6
"""The number of bits that a page covers."""
WIDTH: Final = 1 << STRIDE
BOTTOM: Final = 18
"""Depth of the last pages. Nodes below are computed from the labels: about 100 at 26 million accounts."""
TOP: Final = 1
"""The place of the whole tree."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the tree: how many labels it has (2: two or more), and its hash."""

    labels: int
    root: bytes


NOTHING: Final = Part(0, EMPTY)
Tree: TypeAlias = list[Part]
"""A computed page: parts 1 (its root) to 127, the halves of part n at 2n and 2n + 1."""


class Source(Protocol):
    """The map at one epoch."""

    def parts(self, place: int) -> Sequence[Part]:
        """The 64 parts of the page at ``place``, which must be above the bottom."""
        ...

    def leaves(self, first: bytes, last: bytes) -> list[Leaf]:
        """Every label between the two, both included, in order."""
        ...


def join(left: Part, right: Part) -> Part:
    """The part with these halves."""
    if left.labels + right.labels < 2:
        return right if right.labels else left
    return Part(2, node_hash(left.root, right.root))


def grow(parts: Sequence[Part]) -> Tree:
    """A page computed from its 64 parts."""
    tree: Tree = [NOTHING] * WIDTH + list(parts)
    for place in range(WIDTH - 1, 0, -1):
        left, right = tree[2 * place], tree[2 * place + 1]
        if left.labels or right.labels:
            tree[place] = join(left, right)
    return tree


def part_of(leaves: Sequence[Leaf], depth: int) -> Part:
    """The part at ``depth`` with these labels, which must be sorted."""
    if not leaves:
        return NOTHING
    if len(leaves) == 1:
        return Part(1, leaves[0].hash)
    middle = _middle(leaves, depth)
    left, right = part_of(leaves[:middle], depth + 1), part_of(leaves[middle:], depth + 1)
    return Part(2, node_hash(left.root, right.root))


def bounds(place: int, depth: int) -> tuple[bytes, bytes]:
    """The first and last label below a place of ``depth`` bits."""
    rest = DEEPEST - depth
    first = (place - (1 << depth)) << rest
    return first.to_bytes(32, "big"), (first | ((1 << rest) - 1)).to_bytes(32, "big")


def place_of(label: bytes, depth: int) -> int:
    """The place above ``label`` at ``depth``."""
    return (1 << depth) | int.from_bytes(label, "big") >> (DEEPEST - depth)


def walk_to(source: Source, label: bytes) -> Walk:
    """The path from the root towards ``label``, as far as the tree goes."""
    siblings: list[bytes] = []
    place = TOP
    for depth in range(0, BOTTOM, STRIDE):
        down = place_of(label, depth + STRIDE)
        end = _go_down(grow(source.parts(place)), down & (WIDTH - 1), siblings)
        if end is not None:
            return Walk(tuple(siblings), _other(source, label, len(siblings)) if end.labels else None)
        place = down
    return _walk_leaves(source.leaves(*bounds(place, BOTTOM)), label, siblings)


def _go_down(tree: Tree, way: int, siblings: list[bytes]) -> Part | None:
    """Follow a page's six bits; the part at which the tree ends, or None if it goes on."""
    at = 1
    for shift in range(STRIDE - 1, -1, -1):
        if tree[at].labels < 2:
            return tree[at]
        at = 2 * at + (way >> shift & 1)
        siblings.append(tree[at ^ 1].root)
    return tree[at] if tree[at].labels < 2 else None


def _other(source: Source, label: bytes, depth: int) -> Leaf | None:
    (only,) = source.leaves(*bounds(place_of(label, depth), depth))
    return None if only.label == label else only


def _walk_leaves(leaves: list[Leaf], label: bytes, siblings: list[bytes]) -> Walk:
    while len(leaves) > 1:
        depth = len(siblings)
        middle = _middle(leaves, depth)
        left, right = leaves[:middle], leaves[middle:]
        taken, passed = (right, left) if place_of(label, depth + 1) & 1 else (left, right)
        siblings.append(part_of(passed, depth + 1).root)
        leaves = taken
    return Walk(tuple(siblings), leaves[0] if leaves and leaves[0].label != label else None)


def _middle(leaves: Sequence[Leaf], depth: int) -> int:
    """The number of labels with a 0 at ``depth``."""
    low, high = 0, len(leaves)
    while low < high:
        middle = (low + high) // 2
        if place_of(leaves[middle].label, depth + 1) & 1:
            high = middle
        else:
            low = middle + 1
    return low


# -- changes ------------------------------------------------------------------------------------------------------


def changed_parts(
    source: Source, changes: Mapping[bytes, Leaf | None], known: Mapping[int, Part] | None = None
) -> dict[int, Part]:
    """The parts of all pages that ``changes`` alter, by place, with `TOP`. A change: a label, and its new leaf or None.

    ``known``: parts that other changes alter; then ``changes`` must contain every change of the last pages it touches.
    """
    groups = _grouped(changes)
    found = dict(known or {}) | {place: _bottom(source, place, group) for place, group in groups.items()}
    level: Iterable[int] = groups
    for _ in range(BOTTOM // STRIDE if groups else 0):
        above = sorted({place >> STRIDE for place in level})
        for place in above:
            parts = list(source.parts(place))
            first = place << STRIDE
            parts = [found.get(first + way, part) for way, part in enumerate(parts)]
            found[place] = grow(parts)[1]
        level = above
    return found


def _grouped(changes: Mapping[bytes, Leaf | None]) -> dict[int, dict[bytes, Leaf | None]]:
    groups: dict[int, dict[bytes, Leaf | None]] = {}
    for label, leaf in changes.items():
        groups.setdefault(place_of(label, BOTTOM), {})[label] = leaf
    return groups


def _bottom(source: Source, place: int, changes: Mapping[bytes, Leaf | None]) -> Part:
    leaves: dict[bytes, Leaf | None] = {leaf.label: leaf for leaf in source.leaves(*bounds(place, BOTTOM))}
    leaves |= changes
    return part_of([leaf for _, leaf in sorted(leaves.items()) if leaf is not None], BOTTOM)
