"""Which files of a log are new when entries are appended (C2SP tlog-tiles); pure.

A full tile never changes again, and a partial one gets another name with each width. So a file, once written, is never
written with other bytes: whoever repeats an interrupted step writes the same.
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
    """All of a log that appending needs: the edge of its tree, and the entries of its unfinished bundle."""

    edge: Edge = Edge()  # noqa: RUF009 - frozen
    entries: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.edge.size


def grow(end: End, entries: Sequence[bytes]) -> tuple[End, tuple[tuple[Tile, bytes], ...]]:
    """The log after appending ``entries``, and the files that are new.

    The files must be on the disk before anything says that the log has the new size.
    """
    edge, tiles = end.edge.extend(leaf_hashes(entries))
    row = [*end.entries, *entries]
    first = end.size // WIDTH
    parts = [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]
    bundles = tuple((Tile(ENTRIES, first + n, len(part)), encode_bundle(part)) for n, part in enumerate(parts))
    unfinished = edge.size % WIDTH
    return End(edge, tuple(row[-unfinished:]) if unfinished else ()), (*bundles, *tiles)


def read_end(size: int, fetch: Callable[[Tile], bytes]) -> End:
    """The end of a log of ``size`` from its files. Raises `Malformed` if one is not what it must be.

    The caller compares the edge's root with what it knows: then everything here is what it was.
    """
    edge = read_edge(size, fetch)
    number, width = divmod(size, WIDTH)
    entries = decode_bundle(fetch(Tile(ENTRIES, number, width)), width) if width else []
    if leaf_hashes(entries) != (edge.rows[0] if edge.rows else b""):
        raise Malformed("the entries at the log's end are not those of its tree")
    return End(edge, tuple(entries))


def finished(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles and bundles that are full at ``new_size`` and were not at ``old_size``."""
    level = ENTRIES
    while count := hashes_at(level, new_size) // WIDTH:
        for index in range(hashes_at(level, old_size) // WIDTH, count):
            yield Tile(level, index)
        level += 1
