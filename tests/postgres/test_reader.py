"""Who looks up sees nothing that a failure of the server could take back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.postgres import PostgresCardStore
from nullabona.machine.postgres.place import PostgresPlace
from tests.postgres.server import programs
from tests.postgres.test_standby import Pair

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(180),  # two servers start, on a machine that may be busy
]
MINA = StoredCard("mina", "mina", b"card", 7)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary and its standby."""
    made = Pair()
    yield made
    made.remove()


def register(store: PostgresCardStore) -> None:
    """Mina's card enters."""
    with store.transaction():
        store.apply(Keep(MINA, bytes(32)), Place(b"l" * 32, b"n" * 16))


def test_a_card_that_only_the_primary_has_is_not_shown(pair: Pair) -> None:
    """Its write failed, and a crash of the primary made it visible. When the standby is there again, it is shown."""
    store = PostgresCardStore(PostgresPlace(pair.first.url(pair.name), "cards", confirm_s=0.3))
    pair.second.pause()
    with pytest.raises(StoreFailed, match="did not confirm"):
        register(store)
    pair.first.kill()
    pair.first.start()
    assert [(1,)] == pair.first.sql("SELECT count(*) FROM cards.card", pair.name)
    with pytest.raises(StoreFailed):
        store.find("mina")
    pair.second.go_on()
    with pytest.raises(StoreFailed, match="still waits"), store.reading():
        store.find("mina")  # until something is written
    while not pair.first.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"):
        time.sleep(0.05)  # it comes back by itself, later on a busy machine than the store waits here
    assert 1 == store.count()
    found = store.find("mina")
    assert found is not None
    assert b"card" == found.encoded
    store.close()


def test_reading_sees_one_state(pair: Pair) -> None:
    """Within a snapshot a new card does not appear."""
    store = PostgresCardStore(PostgresPlace(pair.first.url(pair.name), "cards"))
    with store.reading():
        assert store.find("mina") is None
        register(store)
        assert store.find("mina") is None
    assert store.find("mina") is not None
    store.close()
