"""A log laid out in files (C2SP tlog-tiles): which tiles a size has, their paths, their bytes, and hashes read back.

A tile holds up to 256 hashes of one level, a bundle up to 256 entries. Level `ENTRIES` stands for bundles. A tile's
width is how many it holds: fewer than 256 only at the right edge of the tree. Tiles that come from outside are not to
be believed: a root or a proof that was computed from them shows whether they belong to a checkpoint.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from nullabona.errors import Bug, Malformed
from nullabona.log.strict import MAX_NUMBER, decimal
from nullabona.log.tree import HASH_SIZE, GetNode, parents

WIDTH: Final = 256
HEIGHT: Final = 8
"""Levels of the tree that one level of tiles spans."""
ENTRIES: Final = -1
TILE_SIZE: Final = WIDTH * HASH_SIZE
MAX_LEVEL: Final = 63
MAX_ENTRY: Final = 65_535
"""Bytes of an entry."""
MAX_BUNDLE: Final = WIDTH * (2 + MAX_ENTRY)
MAX_INDEX: Final = MAX_NUMBER >> HEIGHT
_PATH: Final = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")
_unpack_length: Final = struct.Struct(">H").unpack_from


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The name of one tile, or of one bundle of entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's prefix, as in ``tile/0/x001/x234/067.p/8``."""
        level = "entries" if self.level == ENTRIES else self.level
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_index_path(self.index)}{partial}"

    @property
    def full(self) -> Tile:
        """The full tile that this one is or becomes."""
        return Tile(self.level, self.index)


def _index_path(index: int) -> str:
    last = f"{index % 1000:03d}"
    while index := index // 1000:
        last = f"x{index % 1000:03d}/{last}"
    return last


def parse_tile_path(path: str) -> Tile:
    """The tile whose path this is, in its one spelling. Raises `Malformed`."""
    found = _PATH.fullmatch(path)
    if not found:
        raise Malformed("not the path of a tile")
    level, index, width = found.groups()
    tile = Tile(
        ENTRIES if level == "entries" else decimal(level),
        int(index.replace("/", "").replace("x", "")),
        decimal(width) if width else WIDTH,
    )
    if tile.path != path or tile.level > MAX_LEVEL or tile.index > MAX_INDEX or not 0 < tile.width <= WIDTH:
        raise Malformed("not the path of a tile")
    return tile


def hashes_at(level: int, size: int) -> int:
    """How many hashes a tree of ``size`` has at a level of tiles; for `ENTRIES`, how many entries."""
    return size >> HEIGHT * max(level, 0)


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes or entries the tile has in a tree of ``size``; 0 if there is none."""
    return min(max(hashes_at(level, size) - index * WIDTH, 0), WIDTH)


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile and bundle of a tree of ``size``: bundles first, then level by level."""
    return new_tiles(0, size)


def new_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """Every tile and bundle of the tree of ``new_size`` that the tree of ``old_size`` does not have."""
    level = ENTRIES
    while count := hashes_at(level, new_size):
        before = hashes_at(level, old_size)
        if count > before:
            for index in range(before // WIDTH, -(-count // WIDTH)):
                yield Tile(level, index, tile_width(level, index, new_size))
        level += 1


def check_tile(tile: Tile, data: bytes) -> bytes:
    """``data``, which then holds exactly the tile's number of hashes. Raises `Malformed`."""
    if len(data) != tile.width * HASH_SIZE:
        raise Malformed("a tile has the wrong length")
    return data


def tile_root(data: bytes) -> bytes:
    """The hash over a full tile: one hash of the tile above."""
    while len(data) > HASH_SIZE:
        data = parents(data)
    return data


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of up to 256 entries. Raises `Malformed` if one has more than `MAX_ENTRY` bytes."""
    if not 0 < len(entries) <= WIDTH or any(len(entry) > MAX_ENTRY for entry in entries):
        raise Malformed("a bundle has 1 to 256 entries of at most 65,535 bytes")
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle and nothing else. Raises `Malformed`."""
    entries, at = [], 0
    try:
        for _ in range(width):
            end = at + 2 + _unpack_length(data, at)[0]
            entries.append(data[at + 2 : end])
            at = end
    except struct.error:
        raise Malformed("a bundle is cut short") from None
    if at != len(data):
        raise Malformed("a bundle has more or less than its entries")
    return entries


@dataclass(slots=True)
class HashReader:
    """Hashes of any subtree of a tree of ``size``, from its tiles; a `nullabona.log.tree.GetNode`.

    ``fetch`` gives a tile's bytes. At most ``keep`` tiles are held in memory, those asked for last.
    """

    size: int
    fetch: Callable[[Tile], bytes]
    keep: int = 64
    _held: dict[tuple[int, int], list[bytes]] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the perfect subtree. Raises `Malformed` if a tile has the wrong length."""
        tile_level, height = divmod(level, HEIGHT)
        tile_index, place = divmod(index << height, WIDTH)
        rows = self._rows(tile_level, tile_index)
        while len(rows) <= height:
            rows.append(_parents_of_part(rows[-1]))
        at = (place >> height) * HASH_SIZE
        if at + HASH_SIZE > len(rows[height]):
            raise Bug("a hash outside the tree was asked for")
        return rows[height][at : at + HASH_SIZE]

    def _rows(self, level: int, index: int) -> list[bytes]:
        rows = self._held.pop((level, index), None)
        if rows is None:
            tile = Tile(level, index, tile_width(level, index, self.size))
            rows = [check_tile(tile, self.fetch(tile))]
            if len(self._held) >= self.keep:
                del self._held[next(iter(self._held))]
        self._held[level, index] = rows
        return rows


def tiles_for(size: int, make: Callable[[GetNode], object]) -> frozenset[Tile]:
    """The tiles that ``make`` would read, in a tree of ``size``: ``tiles_for(n, lambda get: root_hash(get, n))``."""
    found: set[Tile] = set()

    def note(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        tile_index = (index << height) // WIDTH
        found.add(Tile(tile_level, tile_index, tile_width(tile_level, tile_index, size)))
        return bytes(HASH_SIZE)

    make(note)
    return frozenset(found)


def _parents_of_part(row: bytes) -> bytes:
    """As `parents`, of those hashes that have a neighbour."""
    return parents(row[: len(row) // (2 * HASH_SIZE) * 2 * HASH_SIZE])
