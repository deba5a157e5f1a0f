"""Following a log by its frontier: no proof of consistency, only the tiles of what was added (C2SP tlog-tiles).

Anyone who keeps the frontier of a checkpoint and reaches the root of a larger one from it, by whatever hashes, knows
that the larger tree begins with the smaller. The tiles need not be believed; they are where everybody finds them, so
asking for one says no more than roughly when one last looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nullabona.errors import Malformed
from nullabona.log.strict import MAX_NUMBER
from nullabona.log.tiles import HEIGHT, WIDTH, Tile, check_tile, tile_root, tile_width
from nullabona.log.tree import HASH_SIZE, Frontier, node_hash


@dataclass(frozen=True, slots=True)
class _Step:
    """A perfect subtree that is added: its height, and where its hashes are in which tile."""

    height: int
    tile: Tile
    place: int


def read_frontier(size: int, peaks: tuple[bytes, ...]) -> Frontier:
    """The frontier with these peaks. Raises `Malformed` unless a tree of ``size`` has that many."""
    if not 0 <= size <= MAX_NUMBER or len(peaks) != size.bit_count() or any(len(peak) != HASH_SIZE for peak in peaks):
        raise Malformed("this is no frontier of a tree of that size")
    return Frontier(size, peaks)


def tiles_to(frontier: Frontier, size: int) -> tuple[Tile, ...]:
    """The tiles of hashes that lead from here to a tree of ``size`` leaves, each once; at most two of a level."""
    return tuple(dict.fromkeys(step.tile for step in _steps(frontier.size, size)))


def follow(frontier: Frontier, size: int, fetch: Callable[[Tile], bytes]) -> Frontier:
    """The frontier of the tree of ``size`` leaves, out of the tiles that `tiles_to` names.

    Raises `Malformed` if a tile has the wrong length. The caller compares its root with a checkpoint's.
    """
    for step in _steps(frontier.size, size):
        data = check_tile(step.tile, fetch(step.tile))
        wide = HASH_SIZE << step.height % HEIGHT
        at = step.place * HASH_SIZE
        frontier = _push(frontier, step.height, tile_root(data[at : at + wide]))
    return frontier


def _steps(at: int, size: int) -> Iterator[_Step]:
    while at < size:
        height = (size - at).bit_length() - 1
        if at:
            height = min(height, (at & -at).bit_length() - 1)
        level = height // HEIGHT
        index, place = divmod(at >> (HEIGHT * level), WIDTH)
        yield _Step(height, Tile(level, index, tile_width(level, index, size)), place)
        at += 1 << height


def _push(frontier: Frontier, height: int, root: bytes) -> Frontier:
    peaks, at = list(frontier.peaks), frontier.size >> height
    while at & 1:
        root = node_hash(peaks.pop(), root)
        at >>= 1
    return Frontier(frontier.size + (1 << height), (*peaks, root))
