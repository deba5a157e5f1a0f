"""Computes the new files of a log after appending entries (C2SP tlog-tiles); pure.

A full tile never changes, and a partial tile's name contains its width. So a file is never rewritten with other bytes,
and repeating an interrupted step writes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nullabona.errors import Malformed
from nullabona.log.edge import Edge, read_edge
from nullabona.log.tiles import ENTRIES, WIDTH, Tile, decode_bundle, encode_bundle, hashes_at
from nullabona.log.tree import leaf_hashes


@dataclass(frozen=True, slots=True)
class End:
    """The part of a log that appending needs: the edge of its tree, and the entries of its unfinished bundle."""

    edge: Edge = Edge()  # noqa: RUF009 - frozen
    entries: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """The number of entries in the log."""
        return self.edge.size


def grow(end: End, entries: Sequence[bytes]) -> tuple[End, tuple[tuple[Tile, bytes], ...]]:
    """The log after appending ``entries``, and the new files.

    The files must be on the disk before the new size is recorded anywhere.
    """
    edge, tiles = end.edge.extend(leaf_hashes(entries))
    row = [*end.entries, *entries]
    first = end.size // WIDTH
    parts = [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]
    bundles = tuple((Tile(ENTRIES, first + n, len(part)), encode_bundle(part)) for n, part in enumerate(parts))
    unfinished = edge.size % WIDTH
    return End(edge, tuple(row[-unfinished:]) if unfinished else ()), (*bundles, *tiles)


def read_end(size: int, fetch: Callable[[Tile], bytes]) -> End:
    """The end of a log of ``size`` from its files. Raises `Malformed` if a file is wrong.

    The caller must compare the edge's root with the known root; that proves the result.
    """
    edge = read_edge(size, fetch)
    number, width = divmod(size, WIDTH)
    entries = decode_bundle(fetch(Tile(ENTRIES, number, width)), width) if width else []
    if leaf_hashes(entries) != (edge.rows[0] if edge.rows else b""):
        raise Malformed("the entries at the log's end are not those of its tree")
    return End(edge, tuple(entries))


def finished(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles and bundles that are full at ``new_size`` but were not at ``old_size``."""
    level = ENTRIES
    while count := hashes_at(level, new_size) // WIDTH:
        for index in range(hashes_at(level, old_size) // WIDTH, count):
            yield Tile(level, index)
        level += 1
