"""The contract of card stores, run on every implementation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.directory.core.closing import close_epoch, leaf_of, opening_of
from nullabona.directory.core.records import (
    Change,
    Erase,
    Held,
    Hold,
    Keep,
    Known,
    Place,
    Progress,
    ReplacedCard,
    Shown,
    StoredCard,
    StoredEntry,
)
from nullabona.directory.store.interface import CardStore, ClosedEpoch, Holding
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.postgres import PostgresCardStore
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.errors import Bug
from nullabona.log.prefix import EMPTY, root_with
from nullabona.log.prefix_pages import Part, walk_to
from nullabona.machine.postgres.place import PostgresPlace

MARK = bytes(range(32))
MINA = StoredCard("민아", "민아", b"card of mina", 20_000)
NEWER = StoredCard("민아", "민아", b"newer card of mina", 20_000)
BIG = StoredCard("big", "blg", b"x" * 60_000, 0)
ERASE = Erase("민아", Hold(MARK, 20_090))
ONE, TWO = b"1" * 32, b"2" * 32
HERE = sha256("민아".encode()).digest()


def keep(card: StoredCard, digest: bytes = ONE) -> Keep:
    return Keep(card, digest)


def place(change: Change) -> Place:
    name = change.card.name if isinstance(change, Keep) else change.name
    return Place(sha256(name.encode()).digest(), b"n" * 16)


def apply(store: CardStore, change: Change) -> int:
    return store.apply(change, place(change))


def at(card: StoredCard, epoch: int) -> StoredCard:
    """The row of a card that enters in that epoch."""
    return replace(card, label=sha256(card.name.encode()).digest(), epoch=epoch)


def close(store: CardStore, closed_s: int = 0, *, serve: bool = True) -> ClosedEpoch:
    """Close the open epoch, as the record does."""
    number = store.progress().closed + 1
    with store.transaction():
        before = store.map_at(number - 1, writing=True)
        closing = close_epoch(before, store.root_at(number - 1), store.changes(number, writing=True))
        store.close_epoch(ClosedEpoch(number, closing.root, closed_s), closing.parts)
        if serve:
            store.serve(number)
    return ClosedEpoch(number, closing.root, closed_s)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CardStore]:
    makers: dict[str, Callable[[], CardStore]] = {
        "memory": MemoryCardStore,
        "sqlite": lambda: SqliteCardStore(tmp_path),
        "postgres": lambda: PostgresCardStore(
            PostgresPlace(request.getfixturevalue("database"), "cards", unsafe_without_standby=True)
        ),
    }
    store = makers[request.param]()
    yield store
    store.close()


def test_an_empty_store_knows_nothing(store: CardStore) -> None:
    """Nothing is there before it was kept."""
    assert store.find("민아") is None
    assert store.known("민아", "민아", MARK) == Known()


def test_names_are_in_the_order_of_their_bytes(store: CardStore) -> None:
    """Whatever language the database sorts by: the next start goes on after the last name."""
    names = ["Zoe", "a-b", "a_b", "ab", "é", "민아", "𐌰"]
    with store.transaction():
        for name in reversed(names):
            apply(store, keep(StoredCard(name, name, b"card", 7)))
    assert names == [card.name for card in store.cards_after("", 9)]
    assert names[4:] == [card.name for card in store.cards_after("ab", 9)]


def test_a_kept_card_is_found(store: CardStore) -> None:
    """What was committed is found, by name and by skeleton, whole."""
    with store.transaction():
        apply(store, keep(MINA))
        apply(store, keep(BIG))
    assert store.find("민아") == at(MINA, 1)
    assert store.find("big") == at(BIG, 1)
    assert store.known("other", "blg", MARK) == Known(None, "big", None)


def test_a_card_is_replaced_and_keeps_its_day(store: CardStore) -> None:
    """The newer card takes the older one's place."""
    with store.transaction():
        apply(store, keep(MINA))
        apply(store, keep(NEWER))
    assert store.find("민아") == at(NEWER, 2)


def test_an_erased_card_leaves_only_its_hold(store: CardStore) -> None:
    """After an erasure the name and its skeleton are free, and the hold is known."""
    with store.transaction():
        apply(store, keep(MINA))
    with store.transaction():
        apply(store, ERASE)
    assert store.known("민아", "민아", MARK) == Known(None, None, Held(20_090, HERE))


def test_a_hold_ends_after_its_last_day(store: CardStore) -> None:
    """A hold lasts through its last day, and is erased on the next."""
    with store.transaction():
        apply(store, keep(MINA))
        apply(store, ERASE)
    seen = []
    for today in (20_090, 20_091):
        with store.transaction():
            store.release(today)
        seen.append(store.known("민아", "민아", MARK))
    assert seen == [Known(held=Held(20_090, HERE)), Known()]


def test_a_failed_transaction_changes_nothing(store: CardStore) -> None:
    """All of a transaction is kept or none of it."""
    with pytest.raises(ZeroDivisionError):
        _keep_and_fail(store)
    assert store.find("민아") is None
    with store.transaction():
        apply(store, keep(BIG))
    assert (store.find("민아"), store.find("big")) == (None, at(BIG, 1))


def _keep_and_fail(store: CardStore) -> None:
    with store.transaction():
        apply(store, keep(MINA))
        raise ZeroDivisionError


def test_a_reader_sees_only_what_committed(store: CardStore) -> None:
    """Inside a transaction the writer sees its changes and a lookup on another thread does not."""
    seen: list[StoredCard | None] = []
    with store.transaction():
        apply(store, keep(MINA))
        assert store.known("민아", "민아", MARK).current == at(MINA, 1)
        thread = threading.Thread(target=lambda: seen.append(store.find("민아")))
        thread.start()
        thread.join()
    assert seen == [None]
    assert store.find("민아") == at(MINA, 1)


def test_a_change_outside_a_transaction_is_a_bug(store: CardStore) -> None:
    """Nothing can be changed past the transaction."""
    with pytest.raises(Bug):
        apply(store, keep(MINA))


def test_scrub_and_close_may_be_repeated(store: CardStore) -> None:
    """Both are harmless when there is nothing to do."""
    for _ in range(2):
        store.scrub()
    for _ in range(2):
        store.close()


def test_a_first_card_is_promised_and_a_change_waits(store: CardStore) -> None:
    """A new card is shown as promised until its epoch is served; a newer one in the same epoch enters the next."""
    with store.transaction():
        epochs = [apply(store, keep(MINA)), apply(store, keep(NEWER, TWO)), apply(store, keep(MINA, ONE))]
    seen = [store.shown("민아", 0)]
    close(store)
    seen.append(store.shown("민아", 1))
    close(store)
    seen.append(store.shown("민아", 2))
    assert [1, 2, 2] == epochs
    assert [Shown(b"", MINA.encoded, 1), Shown(MINA.encoded), Shown(MINA.encoded)] == seen


def test_a_replaced_card_is_shown_until_its_successor_is_served(store: CardStore) -> None:
    """Between an update and its published epoch the older card is shown; afterwards nothing of it is kept."""
    with store.transaction():
        apply(store, keep(MINA))
    close(store)
    with store.transaction():
        apply(store, keep(NEWER, TWO))
    before = store.shown("민아", 1)
    close(store, serve=False)
    waiting = store.shown("민아", 1), store.holding("민아", MARK).replaced
    with store.transaction():
        store.serve(2)
    assert (Shown(MINA.encoded), [ReplacedCard(1, 2, MINA.encoded)]) == waiting
    assert (before, store.shown("민아", 2), store.holding("민아", MARK).replaced) == (
        waiting[0],
        Shown(NEWER.encoded),
        [],
    )


def test_a_deleted_card_leaves_a_tombstone_until_its_hold_ends(store: CardStore) -> None:
    """The card is shown until its tombstone is served; when the hold ends, the label is taken out of the map."""
    with store.transaction():
        apply(store, keep(MINA))
    close(store)
    with store.transaction():
        apply(store, ERASE)
    shown = [store.shown("민아", 1)]
    close(store)
    shown.append(store.shown("민아", 2))
    with store.transaction():
        store.take_out(store.release(20_091))
    gone = close(store)
    assert [Shown(MINA.encoded), Shown()] == shown
    assert (EMPTY, None) == (gone.root, leaf_of(HERE, store.changes(3)[HERE]))


def test_past_epochs_are_proven_until_they_are_forgotten(store: CardStore) -> None:
    """The map stands as it was at every kept epoch; what was replaced before the horizon is erased, the rest stays."""
    roots = []
    for number in range(1, 6):
        with store.transaction():
            apply(store, keep(replace(MINA, encoded=b"%d" % number), bytes([number]) * 32))
            apply(store, keep(BIG, bytes([9]) * 32)) if number == 1 else None
        roots.append(close(store, closed_s=number * 100).root)
    assert roots == [_root(store, epoch) for epoch in range(1, 6)]
    with store.transaction():
        store.forget(350)
    assert roots[2:] == [_root(store, epoch) for epoch in range(3, 6)]
    assert [3, 4, 5] == [row.number for row in store.epochs(0, 9, 9)]
    assert [3, 4, 5] == [entry.epoch for entry in store.holding("민아", MARK).entries]
    assert store.entry_at(sha256(b"big").digest(), 5) is not None


def test_the_leaves_of_a_map_come_in_pieces_as_they_were(store: CardStore) -> None:
    """In the order of their bytes, as of the epoch, without what was taken out; a piece goes on after a label."""
    with store.transaction():
        for card, digest in ((MINA, ONE), (BIG, ONE)):
            apply(store, keep(card, digest))
    close(store)
    with store.transaction():
        apply(store, ERASE)
    close(store)
    with store.transaction():
        store.take_out(store.release(20_091))
    close(store)
    big = sha256(b"big").digest()
    assert [] == store.leaves_after(bytes(32), 0, 9)
    first, second, third = (store.leaves_after(bytes(32), epoch, 9) for epoch in (1, 2, 3))
    assert sorted([HERE, big]) == [leaf.label for leaf in first] == [leaf.label for leaf in second]
    for epoch, leaves in ((1, first), (2, second), (3, third)):
        for leaf in leaves:
            entry = store.entry_at(leaf.label, epoch)
            assert entry is not None
            assert leaf == leaf_of(leaf.label, entry)
    assert {HERE} == {leaf.label for leaf in second if leaf not in first}
    assert [leaf for leaf in second if leaf.label == big] == third
    assert second[:1] == store.leaves_after(bytes(32), 2, 1)
    assert second[1:] == store.leaves_after(second[0].label, 2, 1)
    assert [] == store.leaves_after(second[1].label, 2, 9)


def _root(store: CardStore, epoch: int) -> bytes:
    opening = opening_of(store.entry_at(HERE, epoch))
    assert opening is not None
    return root_with(HERE, opening.commitment, walk_to(store.map_at(epoch), HERE))


def test_progress_and_holding(store: CardStore) -> None:
    """How far the record has come, and everything that is stored of a handle."""
    assert Progress(0, 0) == store.progress()
    with store.transaction():
        apply(store, keep(MINA))
    close(store, serve=False)
    assert Progress(1, 0) == store.progress()
    assert Holding(at(MINA, 1), None, [], [StoredEntry(1, 1, b"n" * 16, ONE)]) == store.holding("민아", MARK)
    assert Holding(None, None, [], []) == store.holding("nobody", MARK)


def test_pages_that_are_kept_ahead_are_shown_by_nothing(store: CardStore) -> None:
    """Before its epoch is closed nobody sees a part of the map; keeping it again, or another, replaces it."""
    with store.transaction():
        store.close_epoch(ClosedEpoch(1, b"r" * 32, 0), {1: Part(2, b"r" * 32)})
    for root in (b"a", b"b"):
        with store.transaction():
            store.keep_pages(2, {1: Part(2, root * 32)})
    assert (b"r" * 32, 1) == (store.root_at(1), store.progress().closed)
    with store.transaction():
        store.close_epoch(ClosedEpoch(2, b"c" * 32, 0), {1: Part(2, b"c" * 32)})
    assert (b"r" * 32, b"c" * 32) == (store.root_at(1), store.root_at(2))
