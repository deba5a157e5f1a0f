"""Tiles: paths, widths, bundles, hashes read back, and the edge that makes them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.errors import Bug, Malformed
from nullabona.log.edge import Edge, read_edge
from nullabona.log.tiles import (
    ENTRIES,
    MAX_ENTRY,
    MAX_INDEX,
    HashReader,
    Tile,
    check_tile,
    decode_bundle,
    encode_bundle,
    new_tiles,
    parse_tile_path,
    tile_width,
    tiles_for,
    tiles_of,
)
from nullabona.log.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.log.trees import plain_leaves

BIG = 70_000
LEAVES = plain_leaves(BIG)
JOINED = b"".join(LEAVES)
SIZES = [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, BIG]


def prefix(size: int) -> bytes:
    return JOINED[: 32 * size]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(ENTRIES, 1_234_067), "tile/entries/x001/x234/067"),
        (Tile(1, 999, 17), "tile/1/999.p/17"),
        (Tile(63, 1000, 255), "tile/63/x001/000.p/255"),
        (Tile(2, MAX_INDEX, 1), "tile/2/x036/x028/x797/x018/x963/967.p/1"),
    ],
)
def test_a_tile_lies_at_one_path(tile: Tile, path: str) -> None:
    """The paths of tlog-tiles, both ways."""
    assert (path, tile) == (tile.path, parse_tile_path(path))


@given(st.integers(-1, 63), st.integers(0, MAX_INDEX), st.integers(1, 256))
def test_every_path_leads_back_to_its_tile(level: int, index: int, width: int) -> None:
    """A path names one tile."""
    tile = Tile(level, index, width)
    assert tile == parse_tile_path(tile.path)


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/00/000",
        "tile/64/000",
        "tile/-1/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/257", "tile/0/000.p/",
        "/tile/0/000", "tile/0/000/", "tile/0/x001/x000", "tile/0/001/000", "tile/0/٠٠٠", "tile/0/000\n", "tile/+1/000",
        "tile/0/x001/../000", "tile/0//000", "tile/0/x036/x028/x797/x018/x963/968", "tile/data/000", "tile/ 1/000",
        "tile/0/X001/000", "tile/0/000.P/1",
    ],
)  # fmt: skip
def test_a_second_spelling_is_no_path(path: str) -> None:
    """What could name the same tile twice, or none, is refused."""
    with pytest.raises(Malformed):
        parse_tile_path(path)


def test_seventy_thousand_leaves_have_the_tiles_of_the_specification() -> None:
    """273 full and one of 112; one full and one of 17; one of 1."""
    found = [(tile.level, tile.width) for tile in tiles_of(BIG)]
    counts = {key: found.count(key) for key in found}
    expected = {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1, (ENTRIES, 256): 273, (ENTRIES, 112): 1}
    assert expected == counts


def test_a_full_tile_alone_has_one_above_it() -> None:
    """256 leaves: a full tile and a partial one of width 1 above."""
    assert [Tile(-1, 0), Tile(0, 0), Tile(1, 0, 1)] == list(tiles_of(256))
    assert [(0, 0), (0, 256), (1, 1), (2, 0)] == [
        (level, tile_width(level, index, 256)) for level, index in [(0, 1), (0, 0), (1, 0), (2, 0)]
    ]


@pytest.mark.parametrize("old", SIZES)
@pytest.mark.parametrize("new", SIZES)
def test_new_tiles_are_those_that_were_not_there(old: int, new: int) -> None:
    """And none if the log has not grown."""
    expected = set(tiles_of(new)) - set(tiles_of(old)) if new > old else set()
    assert expected == set(new_tiles(old, new))


@pytest.mark.parametrize("size", [1500, pytest.param(BIG, marks=pytest.mark.slow)])
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_growing_makes_every_tile_that_a_reader_needs(size: int, data: st.DataObject) -> None:
    """However a log grew, each size has its tiles with the same bytes, and the edge can be read back from them."""
    cuts = data.draw(st.lists(st.integers(0, size), max_size=6))
    edge, store = Edge(), dict[Tile, bytes]()
    for old, new in pairwise([0, *sorted(cuts), size]):
        edge, tiles = edge.extend(JOINED[32 * old : 32 * new])
        store |= tiles
        assert {tile for tile in new_tiles(old, new) if tile.level != ENTRIES} == {tile for tile, _ in tiles}
        assert edge == read_edge(new, store.__getitem__)
        assert edge.tiles == tuple((tile, store[tile]) for tile, _ in edge.tiles)
    assert Edge().extend(prefix(size))[0] == edge
    assert dict(Edge().extend(prefix(size))[1]).items() <= store.items()


@pytest.mark.parametrize("size", SIZES)
def test_the_edge_has_the_root_of_the_tree(size: int) -> None:
    """The same frontier as without tiles."""
    edge = Edge().extend(prefix(size))[0]
    assert (Frontier().extend(prefix(size)), size) == (edge.frontier, edge.size)
    assert Frontier().extend(prefix(size)).root == edge.root


@pytest.mark.parametrize("size", SIZES[1:])
def test_proofs_can_be_made_from_tiles(size: int) -> None:
    """A reader of tiles makes proofs that hold, even if it may keep two tiles only."""
    edge, tiles = Edge().extend(prefix(size))
    reader = HashReader(size, dict(tiles).__getitem__, keep=2)
    rng = random.Random(size)
    assert edge.root == root_hash(reader, size)
    for index in {0, size - 1, *(rng.randrange(size) for _ in range(5))}:
        verify_inclusion(LEAVES[index], index, size, inclusion_proof(reader, index, size), edge.root)
        old = Edge().extend(prefix(index))[0].root
        verify_consistency(index, old, size, edge.root, consistency_proof(reader, index, size))
    assert len(reader._held) <= 2


def test_what_a_proof_reads_is_known_before() -> None:
    """So that its tiles can be fetched at once."""
    asked = set[Tile]()
    store = dict(Edge().extend(JOINED)[1])

    def fetch(tile: Tile) -> bytes:
        asked.add(tile)
        return store[tile]

    inclusion_proof(HashReader(BIG, fetch), 300, BIG)
    assert asked == tiles_for(BIG, lambda get: inclusion_proof(get, 300, BIG))
    assert [Tile(0, 1), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17)] == sorted(asked)


def test_a_hash_outside_the_tree_is_a_bug() -> None:
    """No caller of ours asks for it."""
    reader = HashReader(3, dict(Edge().extend(prefix(3))[1]).__getitem__)
    with pytest.raises(Bug):
        reader(2, 0)


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(64)])
def test_a_tile_has_the_bytes_of_its_width(data: bytes) -> None:
    """Shorter and longer ones are refused, wherever they are read."""
    with pytest.raises(Malformed):
        check_tile(Tile(0, 0, 1), data)
    with pytest.raises(Malformed):
        HashReader(1, lambda _: data)(0, 0)
    with pytest.raises(Malformed):
        read_edge(1, lambda _: data)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_comes_back(entries: list[bytes]) -> None:
    """Encoding and decoding are each other's inverse; cut short or longer, it is refused."""
    data = encode_bundle(entries)
    assert entries == decode_bundle(data, len(entries))
    for wrong in (data[:-1], data + b"\0", data + b"\0\0"):
        with pytest.raises(Malformed):
            decode_bundle(wrong, len(entries))
    with pytest.raises(Malformed):
        decode_bundle(data, len(entries) - 1)
    with pytest.raises(Malformed):
        decode_bundle(data, len(entries) + 1)


@given(st.binary(max_size=60), st.integers(1, 8))
def test_any_bytes_are_one_bundle_or_malformed(data: bytes, width: int) -> None:
    """What decodes encodes to itself."""
    try:
        entries = decode_bundle(data, width)
    except Malformed:
        return
    assert data == encode_bundle(entries)


def test_an_entry_may_have_as_many_bytes_as_its_length_can_say() -> None:
    """65,535, and not one more; and a bundle has 1 to 256 entries."""
    assert [bytes(MAX_ENTRY)] == decode_bundle(encode_bundle([bytes(MAX_ENTRY)]), 1)
    assert 512 == len(encode_bundle([b""] * 256))
    for entries in ([bytes(MAX_ENTRY + 1)], [], [b""] * 257):
        with pytest.raises(Malformed):
            encode_bundle(entries)
