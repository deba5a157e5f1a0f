"""Rows of an import are written many at once: none is left out, whatever their number, and each is found."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.errors import StoreMisuse
from nullabona.client.core.model.ports import ImportedRow
from nullabona.client.core.model.records import FIRST
from nullabona.client.store import SqliteStore
from nullabona.client.store.imports import ROWS_AT_ONCE
from nullabona.client.store.statements import repeated
from tests.store.samples import message

ROOM, RUN = b"r" * 32, b"i" * 16
AT_ONCE = ROWS_AT_ONCE


def _rows(count: int) -> list[ImportedRow]:
    return [(-count + n, ROOM, n.to_bytes(16, "big"), b"", RUN, n, n, b"body%d" % n, "text") for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 7])
def test_every_row_is_there(opened: SqliteStore, count: int) -> None:
    opened.add_imported(_rows(count), [(-count + n, f"every w{n}") for n in range(count)])
    assert opened.places(ROOM, 0, count) == {n.to_bytes(16, "big"): n for n in range(count)}
    found = opened.find_words('"every"', before=1, limit=count + 1)
    assert [(number, message.body) for number, message in found] == [
        (-1 - n, b"body%d" % (count - 1 - n)) for n in range(count)
    ]
    for n in range(count):
        assert [number for number, _ in opened.find_words(f'"w{n}"', before=1, limit=2)] == [n - count]


def test_a_row_that_is_there_already_undoes_all(store: SqliteStore) -> None:
    rows = _rows(AT_ONCE + 1)
    with pytest.raises(StoreMisuse), store.transaction():
        store.add_imported([*rows, rows[0]], [])
    assert store.places(ROOM, 0, 1_000) == {}


def test_what_is_not_imported_takes_no_row_of_an_import(opened: SqliteStore) -> None:
    """Also where an import has used only some of its rows: they lie below zero, all others above, in their order."""
    opened.put_message(message())
    assert [1] == [row for row, _ in opened.message_page(FIRST, 9)]
    opened.drop_message(message().room, message().id)
    opened.add_imported(_rows(50)[:10], [])
    for number in range(3):
        opened.put_message(message(id=b"%016d" % number))
    opened.put_message(message(id=b"%016d" % 0, position=99))
    assert [*range(-50, -40), 1, 2, 3] == [row for row, _ in opened.message_page(FIRST, 99)]


def test_a_statement_takes_several_rows() -> None:
    assert repeated("INSERT INTO a (b, c) VALUES (?, 0)", 3) == "INSERT INTO a (b, c) VALUES (?, 0), (?, 0), (?, 0)"
