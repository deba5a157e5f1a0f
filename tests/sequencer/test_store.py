"""The contract of every store of a log, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import pytest

from nullabona.log.tree import EMPTY_ROOT
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.sequencer.store.postgres import PostgresLogStore
from nullabona.sequencer.store.rows import KeyTaken, LogRows, LogStoreFailed, NotThisLog, Tree
from nullabona.sequencer.store.sqlite import LogStore

ORIGIN = "log.example/test"
ROOT = sha256(b"root").digest()
Opener: TypeAlias = Callable[[str], LogRows]


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store of a log, again and again the same."""
    if request.param == "sqlite":
        return lambda origin: LogStore(tmp_path, origin)
    place = PostgresPlace(request.getfixturevalue("database"), "record", unsafe_without_standby=True)
    return lambda origin: PostgresLogStore(place, origin)


def test_a_new_store_has_an_empty_tree(opener: Opener) -> None:
    """It is of its origin, and nothing is staged."""
    store = opener(ORIGIN)
    assert (Tree(ORIGIN, 0, EMPTY_ROOT, 0), 0) == (store.tree(), store.end())
    store.close()


def test_what_was_written_is_there_again(opener: Opener) -> None:
    """Entries have numbers in the order of their calls; a later process finds them, and what grew."""
    store = opener(ORIGIN)
    assert [range(2), range(2, 3)] == [store.stage([b"a", b"\0b"], None), store.stage([b""], b"key")]
    store.integrate(2, ROOT)
    store.note_pruned(1)
    store.close()
    again = opener(ORIGIN)
    assert Tree(ORIGIN, 2, ROOT, 1) == again.tree()
    assert (3, [b""]) == (again.end(), again.staged(2, 9))
    again.close()


def test_a_key_stands_for_one_batch(opener: Opener) -> None:
    """Under a key the same entries are found; others are refused, and nothing of them is kept."""
    store = opener(ORIGIN)
    first = store.stage([b"a", b"b"], b"key")
    assert first == store.stage([b"a", b"b"], b"key")
    with pytest.raises(KeyTaken):
        store.stage([b"c"], b"key")
    assert 2 == store.end()
    store.close()


def test_some_entries_are_read_in_order(opener: Opener) -> None:
    """From a number on, and not more than asked for."""
    store = opener(ORIGIN)
    store.stage([b"%d" % number for number in range(20)], None)
    assert [b"7", b"8", b"9"] == store.staged(7, 3)
    store.close()


@pytest.mark.parametrize(
    ("size", "root"), [(1, ROOT), (2, sha256(b"another").digest())], ids=["smaller", "another history"]
)
def test_the_tables_refuse_a_fork(opener: Opener, size: int, root: bytes) -> None:
    """Not even the program itself can make a tree smaller or another one of the same size; the store goes on."""
    store = opener(ORIGIN)
    store.stage([b"a", b"b"], None)
    store.integrate(2, ROOT)
    with pytest.raises(LogStoreFailed) as raised:
        store.integrate(size, root)
    assert "a log only grows" in str(raised.value.__cause__)
    assert Tree(ORIGIN, 2, ROOT, 0) == store.tree()
    assert range(2, 3) == store.stage([b"c"], None)
    store.close()


def test_a_root_has_32_bytes(opener: Opener) -> None:
    """A constraint of the tables, too."""
    store = opener(ORIGIN)
    with pytest.raises(LogStoreFailed):
        store.integrate(1, b"short")
    assert Tree(ORIGIN, 0, EMPTY_ROOT, 0) == store.tree()
    store.close()


def test_another_log_is_refused(opener: Opener) -> None:
    """What holds one log is not opened as another."""
    opener(ORIGIN).close()
    with pytest.raises(NotThisLog):
        opener("log.example/other")
    opener(ORIGIN).close()


def test_large_numbers_and_texts_come_back(opener: Opener) -> None:
    """Sizes beyond 32 bits are kept, and an entry may have any bytes."""
    store = opener(ORIGIN)
    store.integrate(2**40, ROOT)
    assert range(2**40, 2**40 + 1) == store.stage([bytes(range(256)) * 255], None)
    assert [bytes(range(256)) * 255] == store.staged(2**40, 1)
    store.close()
