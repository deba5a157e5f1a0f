"""Follows the operator's docket, so that no notice can come from another history than the one we saw.

Every device requests the same data at random times, whether or not it ever got a notice: the newest checkpoint, then
the leaf hashes after the last one. From them it computes the root of every size that it has seen in a notice, so that
nobody learns which sizes those are (spec/operator-notice.md §6). `dockets` stores the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.operator_notices.checking import (
    DocketForked,
    DocketRolledBack,
    DocketSeen,
    DocketUnproven,
    NoticeUnwitnessed,
    own_docket,
)
from nullabona.errors import Malformed
from nullabona.log.following import follow, read_frontier, tiles_to
from nullabona.log.note import parse_note
from nullabona.log.policy import NotWitnessed, Policy
from nullabona.log.tiles import WIDTH, Tile, check_tile, tile_width
from nullabona.log.tree import HASH_SIZE, Frontier
from nullabona.wire.handle import Handle

KEPT_TILES: Final = 64
"""Tiles of leaf hashes that a device keeps, 8 KiB each: two and a half months of a docket with eight slots an hour."""
LOOKS: Final = 4
"""How often a checkpoint may be missing from what the operator shows before the person is told."""


class Followed(msgspec.Struct, array_like=True, frozen=True):
    """How far a docket was followed. ``peaks`` are the frontier before the first of the kept tiles, ``first``."""

    seen: DocketSeen
    first: int
    peaks: tuple[bytes, ...]

    @property
    def base(self) -> Frontier:
        """Where the kept leaf hashes begin."""
        return read_frontier(self.first * WIDTH, self.peaks)


class Sighting(msgspec.Struct, array_like=True, frozen=True):
    """A checkpoint that came with a notice and was not compared yet. ``looks``: how often the docket was seen since."""

    seen: DocketSeen
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tiles to ask for: those that lead to the first one that is kept, and those of leaf hashes."""

    base: tuple[Tile, ...]
    leaves: tuple[Tile, ...]


def see(pinned: Pinned, handle: Handle, note: bytes) -> DocketSeen:
    """The checkpoint of the operator's docket, if the pinned policy believes it.

    Raises `NoticeUnwitnessed` if too few witnesses have signed, or another `PeerError`.
    """
    try:
        seen = Policy.parse(pinned.policy).check(parse_note(note))
    except NotWitnessed as error:
        raise NoticeUnwitnessed(error.message) from error
    checkpoint = seen.checkpoint
    if not own_docket(checkpoint.origin, handle):
        raise Malformed("the operator shows another log than its docket")
    return DocketSeen(checkpoint.origin, checkpoint.size, checkpoint.root, note)


def wanted(known: Followed | None, size: int) -> Wanted:
    """What to ask for to follow a docket to ``size``; it depends on nothing but where the device has followed it to."""
    if known is None:
        first = max(0, size // WIDTH - KEPT_TILES + 1)
        return Wanted(tiles_to(Frontier(), first * WIDTH), _leaves(first, size))
    return Wanted((), _leaves(known.seen.size // WIDTH, size) if size > known.seen.size else ())


def advance(
    known: Followed | None, kept: Mapping[int, bytes], seen: DocketSeen, fetched: Mapping[Tile, bytes]
) -> tuple[Followed, dict[int, bytes]]:
    """The docket followed to ``seen``, and all leaf hashes that are kept of it, by tile.

    What was kept stays as it is: only what comes after it is taken from ``fetched``. Raises `DocketRolledBack`,
    `DocketForked` or `DocketUnproven` unless the docket that was known only grew, `Malformed` for tiles that are none.
    """
    if known is not None and seen.origin != known.seen.origin:
        raise DocketUnproven("the operator shows another docket than before")
    if known is not None and seen.size < known.seen.size:
        raise DocketRolledBack("the operator's docket has fewer entries than before")
    first = known.first if known is not None else max(0, seen.size // WIDTH - KEPT_TILES + 1)
    base = known.base if known is not None else follow(Frontier(), first * WIDTH, fetched.__getitem__)
    tiles = {index: data for index, data in kept.items() if index >= first}
    for tile, data in fetched.items():
        if tile.level == 0 and tile.index >= first:
            before = tiles.get(tile.index, b"")
            tiles[tile.index] = before + check_tile(tile, data)[len(before) :]
    if _root(base, tiles, seen.size) != seen.root:
        raise DocketForked("the operator's docket does not continue the one this device saw before")
    return _trimmed(base, first, tiles, seen)


def holds(followed: Followed, kept: Mapping[int, bytes], seen: DocketSeen) -> bool | None:
    """Whether a checkpoint is of the docket that was followed; None if its size lies outside of what is kept."""
    if seen.origin != followed.seen.origin or not followed.base.size <= seen.size <= followed.seen.size:
        return None
    return _root(followed.base, kept, seen.size) == seen.root


def _leaves(first: int, size: int) -> tuple[Tile, ...]:
    return tuple(Tile(0, index, tile_width(0, index, size)) for index in range(first, -(-size // WIDTH)))


def _root(base: Frontier, tiles: Mapping[int, bytes], size: int) -> bytes:
    """The root at ``size``. Raises `Malformed` if leaf hashes are missing."""
    hashes = b"".join(tiles.get(index, b"") for index in range(base.size // WIDTH, -(-size // WIDTH)))
    length = (size - base.size) * HASH_SIZE
    if len(hashes) < length:
        raise Malformed("hashes of the docket's entries are missing")
    return base.extend(hashes[:length]).root


def _trimmed(
    base: Frontier, first: int, tiles: Mapping[int, bytes], seen: DocketSeen
) -> tuple[Followed, dict[int, bytes]]:
    """With only the newest `KEPT_TILES` tiles."""
    start = max(first, seen.size // WIDTH - KEPT_TILES + 1)
    for index in range(first, start):
        base = base.extend(tiles[index])
    return Followed(seen, start, base.peaks), {index: data for index, data in tiles.items() if index >= start}
