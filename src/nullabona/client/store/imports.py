"""Imports, and the messages that they brought: rows below zero, so that they came before everything else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.model.ports import ImportedRow
from nullabona.client.core.model.records import Message
from nullabona.client.store.messages import row_of
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS, repeated

_IMPORTS = STATEMENTS["imports"]
_PUT = STATEMENTS["import_put"]
_DROP = STATEMENTS["import_drop"]
_LOWEST = STATEMENTS["import_lowest"]
_ROW = STATEMENTS["imported_put"]
ROWS_AT_ONCE: Final = 20
"""A third less work than one row at a time, and few enough values for any SQLite."""
_ROWS = repeated(_ROW, ROWS_AT_ONCE)
_WORDS = STATEMENTS["imported_words"]
_PUT_AT = STATEMENTS["message_put_at"]
_LAST = STATEMENTS["imported_last"]
_PLACES = STATEMENTS["imported_places"]
_WITH_FILES = STATEMENTS["imported_with_files"]
_DROP_WORDS = STATEMENTS["imported_drop_words"]
_DROP_ROWS = STATEMENTS["imported_drop"]


def _import_of(row: Row) -> Import:
    id, run, service, title, key, room, digest, first, total, done, added, files, state, started_at, made_room = row
    return Import(
        *(id, run, service, title, key, room, digest, first, total, done, added, files),
        *(ImportState(state), started_at, bool(made_room)),
    )


class ImportRows(Rows):
    """What was imported."""

    __slots__ = ()

    def imports(self) -> list[Import]:
        """Every chat of every import, in the order in which they began."""
        return [_import_of(row) for row in self._all(_IMPORTS)]

    def put_import(self, kept: Import) -> None:
        """Insert, or replace what changes as an import goes on."""
        k = kept
        self._write(
            _PUT,
            (
                *(k.id, k.run, k.service, k.title, k.key, k.room, k.digest, k.first, k.total, k.done, k.added),
                *(k.files, k.state.value, k.started_at, int(k.made_room)),
            ),
        )

    def drop_import(self, id: bytes) -> None:
        """Forget that there was one; its messages stay."""
        self._write(_DROP, (id,))

    def lowest_row(self) -> int:
        """Below every row that a message has or that an import keeps for one; at most 0."""
        row = self._one(_LOWEST)
        return 0 if row is None else min(int(row[0]), 0)

    def add_imported(self, rows: Sequence[ImportedRow], words: Sequence[tuple[int, str]]) -> None:
        """Insert messages of an import, and what they are found by. None of their rows and ids may be there."""
        full = len(rows) - len(rows) % ROWS_AT_ONCE
        each = ROWS_AT_ONCE
        self._write_many(_ROWS, (tuple(chain.from_iterable(rows[at : at + each])) for at in range(0, full, each)))
        self._write_many(_ROW, rows[full:])
        self._write_many(_WORDS, words)

    def put_message_at(self, row: int, message: Message) -> None:
        """Insert a message with a row of its own, which none has, below zero. Its id must not be there."""
        self._write(_PUT_AT, (row, *row_of(message)))

    def last_row(self, first: int, end: int) -> int | None:
        """The highest row from ``first`` to before ``end`` that a message has."""
        row = self._one(_LAST, (first, end))
        return None if row is None else row[0]

    def places(self, room: bytes, low: int, high: int) -> dict[bytes, int]:
        """The positions between two, ends included, by the ids of the messages that have them."""
        return dict(self._all(_PLACES, (room, low, high)))

    def imported_files(self, first: int, end: int) -> list[tuple[bytes, bytes]]:
        """Room and id of the messages with these rows that have a file."""
        return [(room, id) for room, id in self._all(_WITH_FILES, (first, end))]

    def drop_rows(self, first: int, end: int) -> None:
        """Forget the messages with these rows, and what they are found by."""
        self._write(_DROP_WORDS, (first, end))
        self._write(_DROP_ROWS, (first, end))
