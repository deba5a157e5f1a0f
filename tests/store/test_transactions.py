"""Everything together or nothing; nothing outside; nothing after a failure."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.errors import StoreMisuse
from nullabona.client.store import SqliteStore


class _StepFailed(Exception):
    """Stands for whatever a step of the core may raise."""


def fail_after_writing(store: SqliteStore) -> None:
    with store.transaction():
        store.set_value("a", b"2")
        store.mls_advance(b"group", None, 1)
        raise _StepFailed


def change_and_look(store: SqliteStore) -> None:
    with store.transaction():
        store.set_value("a", b"2")
        assert b"2" == store.get_value("a")
        store.delete_value("a")
        assert store.get_value("a") is None
        raise _StepFailed


def nest(store: SqliteStore) -> None:
    with store.transaction():
        store.set_value("a", b"1")
        with store.transaction():
            pass


def go_on_after_a_failure(store: SqliteStore) -> None:
    with store.transaction():
        store.set_value("a", b"1")
        with pytest.raises(StoreMisuse):
            store.set_value("b", "not bytes")  # type: ignore[arg-type]
        with pytest.raises(StoreMisuse):
            store.set_value("c", b"1")


def close_inside(store: SqliteStore) -> None:
    with store.transaction():
        store.set_value("a", b"1")
        store.close()


def test_what_returns_is_kept(store: SqliteStore) -> None:
    """A transaction that ends shows in the next one."""
    with store.transaction():
        store.set_value("a", b"1")
    with store.transaction():
        assert b"1" == store.get_value("a")


def test_what_raises_did_not_happen(store: SqliteStore) -> None:
    """The error passes through, nothing of the step is kept, and the store goes on."""
    with store.transaction():
        store.set_value("a", b"1")
    with pytest.raises(_StepFailed):
        fail_after_writing(store)
    with store.transaction():
        assert (b"1", None) == (store.get_value("a"), store.mls_generation(b"group"))
        store.set_value("a", b"3")
    assert b"3" == store.get_value("a")


def test_a_transaction_does_not_nest(store: SqliteStore) -> None:
    """The inner one is refused, and the outer one with it."""
    with pytest.raises(StoreMisuse):
        nest(store)
    assert store.get_value("a") is None


def test_a_write_outside_is_refused(store: SqliteStore) -> None:
    """One row or many."""
    with pytest.raises(StoreMisuse):
        store.set_value("a", b"1")
    with pytest.raises(StoreMisuse):
        store.mls_write([(b"s", b"k", b"v")], [])


def test_a_swallowed_failure_still_undoes(store: SqliteStore) -> None:
    """A step that goes on after a failed statement cannot commit half of what it meant."""
    with pytest.raises(StoreMisuse):
        go_on_after_a_failure(store)
    assert store.get_value("a") is None


def test_reading_writes_nothing(store: SqliteStore) -> None:
    """It may be inside a transaction and the other way round; what is written inside it alone is refused."""
    with store.transaction(), store.reading():
        store.set_value("a", b"1")
    with store.reading():
        assert b"1" == store.get_value("a")
        with pytest.raises(StoreMisuse):
            store.set_value("a", b"2")
        with store.transaction():
            store.set_value("a", b"3")
    assert b"3" == store.get_value("a")


def test_a_value_that_was_read_is_as_it_is_stored(store: SqliteStore) -> None:
    """Small or large, there or not; also behind a change that was undone, and one that was read inside it."""
    for before in (b"1", bytes(10_000), None):
        with store.transaction():
            store.delete_value("a") if before is None else store.set_value("a", before)
        assert before == store.get_value("a")
        with pytest.raises(_StepFailed):
            change_and_look(store)
        assert before == store.get_value("a")


def test_a_closed_store_is_refused(store: SqliteStore) -> None:
    """Reads and transactions, also of what was read before; closing again is harmless."""
    assert store.get_value("a") is None
    store.close()
    store.close()
    with pytest.raises(StoreMisuse):
        store.get_value("a")
    with pytest.raises(StoreMisuse), store.transaction():
        pass
    with pytest.raises(StoreMisuse), store.reading():
        pass


def test_closing_undoes_an_open_transaction(store: SqliteStore) -> None:
    """What was not committed is not kept."""
    with pytest.raises(StoreMisuse):
        close_inside(store)


def test_a_failing_iterable_undoes(store: SqliteStore) -> None:
    """Rows that are made while they are written may fail to be made."""
    with pytest.raises(_StepFailed), store.transaction():
        store.mls_write((_row(n) for n in range(3)), [])
    assert [] == store.mls_rows([b"s"])


def _row(n: int) -> tuple[bytes, bytes, bytes]:
    if n == 2:
        raise _StepFailed
    return b"s", b"%d" % n, b"v"
