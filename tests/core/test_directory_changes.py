"""Lists of changes as they are kept: in a row, for a day, and not more than fit."""

from __future__ import annotations

import pytest

from nullabona.client.core.directory import changes
from nullabona.client.core.directory.changes import Lists, forget_lists, load_lists, note_lists
from nullabona.client.store import SqliteStore
from nullabona.wire.changes import ChangeList
from tests.core.test_directory_leaves import pinned
from tests.core.test_directory_pinned import HOST

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


def lists(first: int, *labels: bytes | None) -> Lists:
    """Of each epoch from ``first`` on the one label that changed; None: it has no list."""
    heads = tuple(None if label is None else ChangeList.of([label] if label else []).heads for label in labels)
    return Lists(first, heads, closed_s=first + len(labels))


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [(5, 7, True), (5, 8, False), (7, 7, True), (8, 9, False), (4, 6, None), (8, 10, None)],
)
def test_only_lists_of_every_epoch_tell_that_nothing_changed(start: int, end: int, *, told: bool | None) -> None:
    """Epoch 7 changed the label, epoch 8 has no list."""
    assert told is lists(5, b"", TWO, ONE, None).leave_alone(ONE, start, end)


def test_what_is_kept_comes_back_from_an_epoch_on() -> None:
    """Also that one of them has no list."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        note_lists(store, pinned(9), lists(5, ONE, None))
        note_lists(store, pinned(9), lists(7, TWO, b""))
        assert lists(5, ONE, None, TWO, b"") == load_lists(store, HOST, 0)
        assert lists(6, None, TWO, b"") == load_lists(store, HOST, 6)


def test_after_a_gap_only_the_newer_ones_are_kept() -> None:
    """And nothing of the older ones is left in the store."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        note_lists(store, pinned(9), lists(1, ONE, TWO))
        note_lists(store, pinned(9), lists(5, ONE))
        assert lists(5, ONE) == load_lists(store, HOST, 0)
        assert [None, None] == [store.get_value(changes._list_key(HOST, number)) for number in (1, 2)]


def test_no_more_is_kept_than_a_day_or_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are kept; all are gone once the directory is forgotten."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        note_lists(store, pinned(9), lists(1, *[b""] * 200))
        note_lists(store, pinned(9), lists(201, *[b""] * 10))
        assert (65, 211) == ((kept := load_lists(store, HOST, 0)).first, kept.end)
        monkeypatch.setattr(changes, "MOST_KEPT", 16)
        note_lists(store, pinned(9), lists(211, ONE, TWO, ONE))
        assert lists(212, TWO, ONE) == load_lists(store, HOST, 0)
        forget_lists(store, HOST)
        keys = [changes._key(HOST), *(changes._list_key(HOST, each) for each in range(1, 220))]
        assert {None} == {store.get_value(key) for key in keys}
