"""Cards in memory only: for tests, and for a directory whose operator wants nothing on disk.

Lookups read a copy that is remade after each transaction, at a cost proportional to the number of cards.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nullabona.directory.store.rows import PRAGMAS, CardRows, read_text


class MemoryCardStore(CardRows):
    """Keeps cards until the process ends."""

    def __init__(self) -> None:
        writer = _connect()
        for pragma in PRAGMAS:
            writer.execute(f"PRAGMA {pragma}")
        writer.executescript(read_text("schema.sql"))
        super().__init__(writer, _copy(writer))
        self._copied = writer
        self._copying = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
        fresh = _copy(self._copied)
        with self._copying:
            self._reader = fresh

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._copying:
            yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        """None: a directory in memory has few cards."""
        yield None

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def _copy(writer: sqlite3.Connection) -> sqlite3.Connection:
    reader = _connect()
    reader.deserialize(writer.serialize())
    reader.execute("PRAGMA query_only = ON")
    return reader
