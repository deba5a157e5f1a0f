"""Hashes of a log's newest entries: how they grow, how many are kept, and what they tell of two states of the log."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.directory.leaves import (
    MOST,
    Leaves,
    continues,
    epochs_of_a_day,
    forget_leaves,
    in_tiles,
    load_leaves,
    note_leaves,
    proven_by,
)
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.store import SqliteStore
from nullabona.log.tiles import Tile
from nullabona.log.tree import Frontier
from nullabona.wire.epoch import encode_genesis
from tests.core.test_directory_pinned import HOST, PINNED

HASHES = [number.to_bytes(32, "big") for number in range(600)]


def leaves(first: int, end: int) -> Leaves:
    return Leaves(first, b"".join(HASHES[first:end]))


def frontier(size: int, hashes: list[bytes] = HASHES) -> Frontier:
    return Frontier().extend(b"".join(hashes[:size]))


def pinned(size: int, *, period_s: int = 600) -> Pinned:
    genesis = encode_genesis(HOST, bytes(32), period_s, 30)
    return msgspec.structs.replace(PINNED, size=size, peaks=frontier(size).peaks, genesis=genesis)


@pytest.mark.parametrize(
    ("known", "more", "joined"),
    [
        ((0, 0), (5, 9), (5, 9)),
        ((2, 5), (5, 9), (2, 9)),
        ((2, 7), (5, 9), (2, 9)),
        ((2, 9), (5, 7), (2, 9)),
        ((5, 9), (2, 7), (2, 9)),
        ((5, 9), (2, 9), (2, 9)),
        ((2, 4), (5, 9), (5, 9)),
        ((5, 9), (2, 4), (5, 9)),
        ((2, 9), (9, 9), (2, 9)),
    ],
)
def test_hashes_are_joined_where_there_is_no_gap(
    known: tuple[int, int], more: tuple[int, int], joined: tuple[int, int]
) -> None:
    """Of two parts with a gap between them the newer one is kept."""
    assert leaves(*joined) == leaves(*known).joined(leaves(*more))


def test_two_states_of_one_log_are_told_from_two_logs() -> None:
    """In whichever direction; and without the hashes in between nothing is told."""
    known, kept = pinned(300), leaves(250, 300)
    for size in (250, 299, 300):
        assert continues(known, kept, frontier(size)) is True
        assert continues(known, kept, frontier(size, HASHES[::-1])) is False
    assert continues(known, kept, frontier(249)) is None
    assert continues(known, kept, frontier(301)) is None
    assert continues(known, leaves(280, 310), frontier(301)) is True
    assert continues(known, Leaves(0), frontier(300)) is True


def test_hashes_are_kept_for_a_day_and_forgotten_with_the_directory() -> None:
    """144 epochs of ten minutes, and two more; of short ones no more than a limit."""
    store = SqliteStore.testing_in_memory()
    assert (146, MOST) == (epochs_of_a_day(pinned(1)), epochs_of_a_day(pinned(1, period_s=1)))
    with store.transaction():
        note_leaves(store, pinned(300), leaves(100, 300))
        assert leaves(154, 300) == load_leaves(store, HOST)
        note_leaves(store, pinned(301), leaves(300, 301))
        assert leaves(155, 301) == load_leaves(store, HOST)
        forget_leaves(store, HOST)
        assert Leaves(0) == load_leaves(store, HOST)


def test_what_a_directory_shows_is_kept_if_it_leads_from_one_state_to_the_next() -> None:
    """Only the part in between: nothing proves the rest of a tile."""
    shown = {Tile(0, 0): leaves(0, 256).hashes, Tile(0, 1, 44): leaves(256, 300).hashes, Tile(1, 0, 1): bytes(32)}
    assert leaves(0, 300) == in_tiles(shown)
    assert leaves(250, 300) == proven_by(pinned(250), pinned(300), in_tiles(shown))
    false = {**shown, Tile(0, 1, 44): bytes(32 * 44)}
    assert Leaves(300) == proven_by(pinned(250), pinned(300), in_tiles(false))
    assert Leaves(300) == proven_by(pinned(250), pinned(300), leaves(256, 300))
