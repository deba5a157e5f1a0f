"""The device's store: every concern over one encrypted file, or over memory in tests (spec/room.md §8)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Self

import apsw

from nullabona.client.core.model.errors import StoreFailed, StoreMisuse
from nullabona.client.erasing import overwrite_open
from nullabona.client.store.archiving import ArchiveRows
from nullabona.client.store.connection import bulk, create_file, open_file, open_memory
from nullabona.client.store.contacts import ContactRows
from nullabona.client.store.faults import translated
from nullabona.client.store.files import FileRows, PreferenceRows
from nullabona.client.store.imports import ImportRows
from nullabona.client.store.messages import MessageRows
from nullabona.client.store.mls_rows import MlsRows
from nullabona.client.store.outbox import OutboxRows
from nullabona.client.store.persons import PersonRows
from nullabona.client.store.rooms import RoomRows
from nullabona.client.store.statements import STATEMENTS
from nullabona.client.store.values import SeenRows, ValueRows
from nullabona.client.store.words import WordRows
from nullabona.errors import NullabonaError

_GENERATION = STATEMENTS["generation"]
_GENERATION_SET = STATEMENTS["generation_set"]


class SqliteStore(
    ValueRows,
    MlsRows,
    RoomRows,
    OutboxRows,
    MessageRows,
    ContactRows,
    SeenRows,
    FileRows,
    PreferenceRows,
    WordRows,
    PersonRows,
    ArchiveRows,
    ImportRows,
):
    """The `Store` of ``nullabona.client.core.model.ports`` on SQLite.

    A file is readable only with its 32-byte key. What is deleted is overwritten. One process at a time.
    """

    __slots__ = ()

    @classmethod
    def testing_in_memory(cls) -> Self:
        """An empty store that nothing encrypts and nothing keeps; for tests and simulations."""
        return cls(open_memory())

    @classmethod
    def create(cls, path: Path, key: bytes, *, vfs: str | None = None) -> Self:
        """Create the file. Raises `ProfileExists` rather than touch one that is there. ``vfs``: for tests."""
        return cls(create_file(path, key, vfs))

    @classmethod
    def open(cls, path: Path, key: bytes, *, vfs: str | None = None) -> Self:
        """Open the file. Raises rather than create, empty or downgrade anything (`connection.open_file`)."""
        return cls(open_file(path, key, vfs))

    @property
    def generation(self) -> int:
        """How many changing commits this profile has counted."""
        row = self._one(_GENERATION)
        return 0 if row is None else row[0]

    def count_generations(self, remember: Callable[[int], None] | None) -> None:
        """From now on count each changing commit and tell ``remember`` after it; None: do not count."""
        self._remember = remember

    def set_generation(self, generation: int) -> None:
        """Set the count, inside a transaction (to renew a restored copy)."""
        self._write(_GENERATION_SET, (generation,))

    def bulk(self) -> AbstractContextManager[None]:
        """Write a lot inside: faster, with up to 32 MiB more memory. Not to be entered inside a transaction."""
        return bulk(self._connection)

    def checkpoint(self) -> None:
        """Move the WAL into the file, overwrite and empty it, so that no deleted secret waits there. Call it when idle.

        Must not be called inside a transaction.
        """
        try:
            logged, moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_FULL)
            if (
                0 < logged == moved
            ):  # all of it is in the file, on the disk: without its first bytes it is no log any more
                _overwrite_log(self._connection)
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            raise translated(error) from error

    def close(self) -> None:
        """Undo an open transaction, empty the WAL and close. Harmless to repeat."""
        if self._open:
            self.rollback()
        self._known.clear()
        self._refusal = self._refusal or StoreMisuse("the store is closed")
        with suppress(NullabonaError):  # closed, or not to be written: closing does what can be done, and says what not
            self.checkpoint()
        try:
            self._connection.close()
        except apsw.Error as error:
            raise translated(error) from error


def _overwrite_log(connection: apsw.Connection) -> None:
    """The blocks that an emptied file gives back keep what was in them."""
    try:
        log = os.open(connection.filename_wal, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            overwrite_open(log)
        finally:
            os.close(log)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreFailed("the store's log cannot be overwritten") from error
