"""Following a log: any larger tree is reached from any frontier, out of few tiles; false tiles lead elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.following import follow, read_frontier, tiles_to
from nullabona.log.tiles import HashReader, Tile
from nullabona.log.tree import Frontier, leaf_hash, root_hash

MOST = 66_000
HASHES = [leaf_hash(b"%d" % number) for number in range(MOST)]


class Tiles:
    """The tiles of a log of any size up to `MOST`, and which were asked for."""

    def __init__(self) -> None:
        self.asked: list[Tile] = []

    def fetch(self, tile: Tile) -> bytes:
        self.asked.append(tile)
        span = 256**tile.level
        places = range(tile.index * 256, tile.index * 256 + tile.width)
        return b"".join(_node(place * span, span) for place in places)


def _node(first: int, span: int) -> bytes:
    return Frontier().extend(b"".join(HASHES[first : first + span])).root


def _of(size: int) -> Frontier:
    return Frontier().extend(b"".join(HASHES[:size]))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, MOST), st.integers(0, MOST))
@example(0, MOST)
@example(255, 256)
@example(256, 257)
@example(65_535, 65_537)
def test_any_larger_tree_is_reached(one: int, other: int) -> None:
    """From the frontier of the smaller tree the tiles lead to exactly the frontier of the larger."""
    small, large = sorted((one, other))
    tiles = Tiles()
    assert _of(large) == follow(_of(small), large, tiles.fetch)
    assert set(tiles.asked) == set(tiles_to(_of(small), large))
    assert len(tiles_to(_of(small), large)) <= 2 * 3


@pytest.mark.parametrize(("small", "large"), [(0, 1), (0, 700), (1, 2), (255, 256), (256, 257), (300, 999), (9, 9)])
def test_a_larger_tree_is_reached(small: int, large: int) -> None:
    """As above, for a few sizes around the edges of tiles."""
    assert _of(large) == follow(_of(small), large, Tiles().fetch)


def test_another_history_has_another_root() -> None:
    """Whoever remembers another tree never arrives at the root of this one."""
    other = Frontier().extend(b"".join([leaf_hash(b"other"), *HASHES[1:300]]))
    assert follow(other, 1_000, Tiles().fetch).root != _of(1_000).root


def test_a_tile_of_another_length_is_refused() -> None:
    """A tile has exactly the hashes that the size gives it."""
    with pytest.raises(Malformed):
        follow(_of(300), 400, lambda tile: Tiles().fetch(tile) + bytes(32))


@pytest.mark.parametrize(("size", "peaks"), [(3, 1), (3, 3), (0, 1), (-1, 0)])
def test_a_frontier_has_as_many_peaks_as_its_size(size: int, peaks: int) -> None:
    """A frontier with too few or too many hashes is none."""
    with pytest.raises(Malformed):
        read_frontier(size, (bytes(32),) * peaks)


def test_a_reader_agrees() -> None:
    """The log's own reader of tiles computes the same root."""
    assert root_hash(HashReader(999, Tiles().fetch), 999) == follow(Frontier(), 999, Tiles().fetch).root
