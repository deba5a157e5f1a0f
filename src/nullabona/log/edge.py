"""The right edge of a tiled log: what a writer or a whole-log reader keeps in memory, and how it grows.

For each level the hashes of its last, unfinished tile. Growing it gives the bytes of every tile that is new; its root
is the tree's. A million leaves take about a second, because hashes are joined by the tile and not by the node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nullabona.log.tiles import HEIGHT, TILE_SIZE, WIDTH, Tile, check_tile, hashes_at, tile_root, tile_width
from nullabona.log.tree import HASH_SIZE, Frontier, parents


@dataclass(frozen=True, slots=True)
class Edge:
    """A tree's size and, from level 0 up, the hashes of the last tile of each level if it is not full."""

    size: int = 0
    rows: tuple[bytes, ...] = ()

    def extend(self, hashes: bytes) -> tuple[Edge, tuple[tuple[Tile, bytes], ...]]:
        """The edge after appending these concatenated leaf hashes, and each new tile of hashes with its bytes."""
        rows: list[bytes] = []
        tiles: list[tuple[Tile, bytes]] = []
        level, row = 0, hashes
        while row or level < len(self.rows):
            joined = self.rows[level] + row if level < len(self.rows) else row
            if row:
                tiles.extend(_cut(level, hashes_at(level, self.size) // WIDTH, joined))
            whole = len(joined) // TILE_SIZE * TILE_SIZE
            rows.append(joined[whole:])
            row = b"".join([tile_root(joined[at : at + TILE_SIZE]) for at in range(0, whole, TILE_SIZE)])
            level += 1
        return Edge(self.size + len(hashes) // HASH_SIZE, tuple(rows)), tuple(tiles)

    @property
    def frontier(self) -> Frontier:
        """The tree's frontier."""
        peaks = [peak for row in reversed(self.rows) for peak in _peaks(row)]
        return Frontier(self.size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        return self.frontier.root

    @property
    def tiles(self) -> tuple[tuple[Tile, bytes], ...]:
        """The partial tiles of hashes at this size, with their bytes."""
        named = ((Tile(level, hashes_at(level, self.size) // WIDTH, len(row) // HASH_SIZE), row)
                 for level, row in enumerate(self.rows))  # fmt: skip
        return tuple((tile, row) for tile, row in named if row)


def read_edge(size: int, fetch: Callable[[Tile], bytes]) -> Edge:
    """The edge of a tree of ``size`` from its partial tiles. Raises `Malformed` if one has the wrong length."""
    rows, level = [], 0
    while count := hashes_at(level, size):
        tile = Tile(level, count // WIDTH, tile_width(level, count // WIDTH, size))
        rows.append(check_tile(tile, fetch(tile)) if tile.width else b"")
        level += 1
    return Edge(size, tuple(rows))


def _cut(level: int, first: int, hashes: bytes) -> list[tuple[Tile, bytes]]:
    cuts = (hashes[at : at + TILE_SIZE] for at in range(0, len(hashes), TILE_SIZE))
    return [(Tile(level, first + place, len(cut) // HASH_SIZE), cut) for place, cut in enumerate(cuts)]


def _peaks(row: bytes) -> list[bytes]:
    """The roots of the perfect subtrees that fewer than 256 hashes make, largest first."""
    found, at = [], 0
    for height in reversed(range(HEIGHT)):
        if len(row) // HASH_SIZE >> height & 1:
            end = at + (HASH_SIZE << height)
            part = row[at:end]
            while len(part) > HASH_SIZE:
                part = parents(part)
            found.append(part)
            at = end
    return found
