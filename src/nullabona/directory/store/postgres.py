"""Cards in PostgreSQL: durable on two disks when a transaction returns (spec/directory.md §9).

Unlike SQLite, PostgreSQL keeps what was erased, and the order of arrival, until it vacuums the tables and uses its
write-ahead log again (spec/data-held.md). Cards are public, and so is the epoch in which one entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from nullabona.directory.store.rows import CardRows, RowAside, translated
from nullabona.directory.store.sqlite import TABLES
from nullabona.machine.postgres.leader import Leader
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.reader import Reader


class PostgresCardStore(CardRows):
    """Stores cards in a schema. Raises `CardsUnreadable`, or what `Leader` raises."""

    remote: ClassVar[bool] = True

    def __init__(self, place: PostgresPlace) -> None:
        self._leader = Leader(place, TABLES)
        try:
            super().__init__(self._leader, Reader(self._leader))
        except BaseException:
            self._leader.close()
            raise

    @contextmanager
    def aside(self) -> Iterator[RowAside]:
        with translated():
            connection = Reader(self._leader)
        try:
            yield RowAside(connection)
        finally:
            connection.close()

    def close(self) -> None:
        self._reader.close()
        self._writer.close()
