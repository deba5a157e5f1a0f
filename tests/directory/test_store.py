"""The contract of card stores, run on every implementation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nullabona.directory.core.records import Erase, Hold, Keep, Known, LogEntry, StoredCard
from nullabona.directory.store.interface import CardStore
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.errors import Bug

MARK = bytes(range(32))
MINA = StoredCard("민아", "민아", b"card of mina", 20_000)
NEWER = StoredCard("민아", "민아", b"newer card of mina", 20_000)
BIG = StoredCard("big", "blg", b"x" * 60_000, 0)


def keep(card: StoredCard) -> Keep:
    return Keep(card, LogEntry(card.name, bytes(32)))


ERASE = Erase("민아", Hold(MARK, 20_090), LogEntry("민아", None))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CardStore]:
    makers: dict[str, Callable[[], CardStore]] = {
        "memory": MemoryCardStore,
        "sqlite": lambda: SqliteCardStore(tmp_path),
    }
    store = makers[request.param]()
    yield store
    store.close()


def test_an_empty_store_knows_nothing(store: CardStore) -> None:
    """Nothing is there before it was kept."""
    assert store.find("민아") is None
    assert store.known("민아", "민아", MARK) == Known()


def test_a_kept_card_is_found(store: CardStore) -> None:
    """What was committed is found, by name and by skeleton, whole."""
    with store.transaction():
        store.apply(keep(MINA))
        store.apply(keep(BIG))
    assert store.find("민아") == MINA
    assert store.find("big") == BIG
    assert store.committed("other", "blg", MARK) == Known(None, "big", None)


def test_a_card_is_replaced_and_keeps_its_day(store: CardStore) -> None:
    """The newer card takes the older one's place."""
    with store.transaction():
        store.apply(keep(MINA))
        store.apply(keep(NEWER))
    assert store.find("민아") == NEWER


def test_an_erased_card_leaves_only_its_hold(store: CardStore) -> None:
    """After an erasure the name and its skeleton are free, and the hold is known."""
    with store.transaction():
        store.apply(keep(MINA))
    with store.transaction():
        store.apply(ERASE)
    assert store.committed("민아", "민아", MARK) == Known(None, None, 20_090)


def test_a_hold_ends_after_its_last_day(store: CardStore) -> None:
    """A hold lasts through its last day, and is erased on the next."""
    with store.transaction():
        store.apply(keep(MINA))
        store.apply(ERASE)
    seen = []
    for today in (20_090, 20_091):
        with store.transaction():
            store.release(today)
        seen.append(store.known("민아", "민아", MARK))
    assert seen == [Known(held_until=20_090), Known()]


def test_a_failed_transaction_changes_nothing(store: CardStore) -> None:
    """All of a transaction is kept or none of it."""
    with pytest.raises(ZeroDivisionError):
        _keep_and_fail(store)
    assert store.find("민아") is None
    with store.transaction():
        store.apply(keep(BIG))
    assert (store.find("민아"), store.find("big")) == (None, BIG)


def _keep_and_fail(store: CardStore) -> None:
    with store.transaction():
        store.apply(keep(MINA))
        raise ZeroDivisionError


def test_a_reader_sees_only_what_committed(store: CardStore) -> None:
    """Inside a transaction the writer sees its changes and a lookup on another thread does not."""
    seen: list[StoredCard | None] = []
    with store.transaction():
        store.apply(keep(MINA))
        assert store.known("민아", "민아", MARK).current == MINA
        thread = threading.Thread(target=lambda: seen.append(store.find("민아")))
        thread.start()
        thread.join()
    assert seen == [None]
    assert store.find("민아") == MINA


def test_a_change_outside_a_transaction_is_a_bug(store: CardStore) -> None:
    """Nothing can be changed past the transaction."""
    with pytest.raises(Bug):
        store.apply(keep(MINA))


def test_scrub_and_close_may_be_repeated(store: CardStore) -> None:
    """Both are harmless when there is nothing to do."""
    for _ in range(2):
        store.scrub()
    for _ in range(2):
        store.close()
