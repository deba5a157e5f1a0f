"""Decides whether an epoch's list of changes leaves anything out, for who holds the map's leaves (spec/map.md §6.2).

Pure. The map before, the leaves that are shown as changed, and the epoch's log entry, of which the root and the hash of
the list must be those that come of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from nullabona.errors import Malformed
from nullabona.log.following import read_frontier
from nullabona.log.prefix import EMPTY, Leaf
from nullabona.log.prefix_pages import TOP, Part, Source, changed_parts
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.wire.changes import ChangeList
from nullabona.wire.epoch import encode_epoch
from nullabona.wire.map_messages import LEAF_BYTES, LeavesShown

_LABEL: Final = LEAF_BYTES // 2
Changes: TypeAlias = Mapping[bytes, Leaf | None]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How far the log of a map was followed. ``listed``: its last epoch had a list, so every later one must."""

    frontier: Frontier
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """One more epoch: what it changes. ``emptied``: the map is empty now, as its directory lost its cards."""

    mirrored: Mirrored
    changes: Changes
    parts: Mapping[int, Part]
    emptied: bool = False


def read_leaves(data: bytes) -> Changes:
    """The leaves that are shown, by label; None for one that was taken out. Raises `Malformed` unless in order."""
    if len(data) % LEAF_BYTES:
        raise Malformed("the leaves of a map end within one")
    found: dict[bytes, Leaf | None] = {}
    last = b""
    for at in range(0, len(data), LEAF_BYTES):
        label, commitment = data[at : at + _LABEL], data[at + _LABEL : at + LEAF_BYTES]
        if label <= last:
            raise Malformed("the leaves of a map are not in order")
        found[label] = None if commitment == EMPTY else Leaf(label, commitment)
        last = label
    return found


def entered(before: Frontier, shown: LeavesShown) -> Mirrored:
    """The log with the epoch that is shown."""
    entry = encode_epoch(before.size, shown.root, shown.closed_s, shown.listed)
    return Mirrored(before.extend(leaf_hash(entry)), bool(shown.listed))


def edge_of(number: int, shown: LeavesShown) -> Frontier:
    """The log before epoch ``number``, as it is shown. Raises `Malformed`. A checkpoint has to confirm it."""
    return read_frontier(number, shown.edge)


def follow(mirrored: Mirrored, before: Source, root: bytes, shown: LeavesShown, changes: Changes) -> Followed:
    """The next epoch. Raises `Malformed` if its list leaves out a change, or has one that was none.

    ``root``: of the map ``before``. ``changes``: all leaves that are shown as changed. The log's checkpoint has to
    confirm the frontier that is reached.
    """
    number = mirrored.frontier.size
    if mirrored.listed and not shown.listed:
        raise Malformed(f"epoch {number} has no list of changes, and one before it has")
    if shown.listed and ChangeList.of(changes).hash != shown.listed:
        raise Malformed(f"the list of epoch {number} is not of the leaves that are shown as changed")
    after = entered(mirrored.frontier, shown)
    parts = changed_parts(before, changes)
    if (parts[TOP].root if changes else root) == shown.root:
        return Followed(after, changes, parts)
    if shown.root == EMPTY and not changes:
        return Followed(after, {}, {}, emptied=True)
    raise Malformed(f"the root of epoch {number} has changes that its list leaves out")
