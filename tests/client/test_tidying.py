"""What a profile forgets by itself, and what it never forgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullabona.client.runner import LISTENER, forgotten_upto
from nullabona.client.runner.tidying import KEEP_EVENTS, tidy
from nullabona.client.store import SqliteStore

ROOM = b"\xab" * 32


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """A store with 300 events more than are kept in any case, inside a transaction."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        for _ in range(KEEP_EVENTS + 300):
            store.log_event("epoch", ROOM, b"")
        yield store


def ids(store: SqliteStore) -> list[int]:
    return [row.id for row in store.events(0, 2 * KEEP_EVENTS)]


def test_handled_events_far_back_are_forgotten(store: SqliteStore) -> None:
    """So many of the newest stay; a second time nothing happens."""
    store.set_value(LISTENER, str(KEEP_EVENTS + 299).encode())
    for _ in range(2):
        tidy(store, 100)
        assert (300, list(range(301, KEEP_EVENTS + 301))) == (forgotten_upto(store), ids(store))


def test_an_event_that_was_not_handled_is_never_forgotten(store: SqliteStore) -> None:
    """However far back it lies."""
    store.set_value(LISTENER, b"120")
    tidy(store, 100)
    assert (120, 121) == (forgotten_upto(store), ids(store)[0])


def test_where_nobody_ever_listened_the_newest_stay(store: SqliteStore) -> None:
    """A log that nobody reads does not grow for ever."""
    tidy(store, 100)
    assert (300, KEEP_EVENTS) == (forgotten_upto(store), len(ids(store)))


def test_an_invitation_that_waits_for_the_person_stays() -> None:
    """It is shown from its event; once it was answered, the event goes like any other."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        waiting = store.log_event("room-request", ROOM, b"")
        for _ in range(KEEP_EVENTS + 1):
            store.log_event("room-request", b"", b"")
        store.set_value(f"room-request:{ROOM.hex()}", b"item")
        tidy(store, 100)
        assert [waiting, 3] == ids(store)[:2]
        store.delete_value(f"room-request:{ROOM.hex()}")
        store.log_event("epoch", ROOM, b"")
        tidy(store, 100)
        assert 4 == ids(store)[0]


def test_a_short_log_stays_whole() -> None:
    """Nothing is forgotten, and nothing claims to be."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        tidy(store, 100)
        store.log_event("epoch", ROOM, b"")
        tidy(store, 100)
        assert (0, [1], 1) == (forgotten_upto(store), ids(store), store.last_event())
