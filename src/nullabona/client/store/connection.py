"""How a store's file is opened: cipher, key, and the settings without which it is not a store.

The cipher is ChaCha20-Poly1305, page by page (docs/decisions/0006-client-store.md). Never creates a file in place of
one that is missing, and never takes a damaged or newer one for an empty one.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from nullabona.client.core.model.errors import (
    ProfileExists,
    ProfileMissing,
    StoreDamaged,
    StoreFailed,
    StoreTooNew,
    WrongPassphrase,
)
from nullabona.client.store.faults import translated
from nullabona.client.store.statements import SCHEMA_VERSION, migrations, schema

KEY_SIZE: Final = 32
_CIPHER: Final = "chacha20"
_APPLICATION_ID: Final = 0x6E756C6C  # "null"
_CACHED_STATEMENTS: Final = 200

# Before the first read. EXCLUSIVE keeps a second process out of the file, and the WAL's index out of the disk.
_SETTINGS: Final = """
PRAGMA temp_store = MEMORY;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA cell_size_check = ON;
PRAGMA trusted_schema = OFF;
PRAGMA mmap_size = 0;
"""
_BULK: Final = "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;"
"""For long writing: fewer pages are encrypted twice. Pages of 4 KiB."""
_USUAL: Final = "PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = 1000; PRAGMA shrink_memory;"


@contextmanager
def bulk(connection: apsw.Connection) -> Iterator[None]:
    """More memory for writing a lot; given back when the block ends. Not inside a transaction."""
    connection.execute(_BULK).fetchall()
    try:
        yield
    finally:
        connection.execute(_USUAL).fetchall()


def open_memory() -> apsw.Connection:
    """An empty store in memory: nothing encrypted, nothing kept."""
    connection = _plain_memory()
    with connection.backup("main", _empty_memory(), "main") as copy:
        copy.step()
    return connection


@functools.cache
def _empty_memory() -> apsw.Connection:
    """What every store in memory begins as a copy of: running the schema takes longer than a test does."""
    connection = _plain_memory()
    _install(connection)
    return connection


def _plain_memory() -> apsw.Connection:
    connection = apsw.Connection(":memory:", statementcachesize=_CACHED_STATEMENTS)
    connection.execute("PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY")
    _configure(connection)
    return connection


def _configure(connection: apsw.Connection) -> None:
    """Refuse writes to SQLite's own tables, and plan a statement once, not again for every value bound to it."""
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)


def create_file(path: Path, key: bytes, vfs: str | None = None) -> apsw.Connection:
    """A new store at ``path``, mode 0600, encrypted with ``key``. Raises `ProfileExists` if anything is there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as error:
        raise ProfileExists("there is a store already") from error
    except OSError as error:
        raise StoreFailed("the store's file cannot be created") from error
    connection = _connect(path, key, vfs)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        _install(connection)
    except apsw.Error as error:
        connection.close()
        raise translated(error) from error
    return connection


def open_file(path: Path, key: bytes, vfs: str | None = None) -> apsw.Connection:
    """The store at ``path``, brought to the current schema version.

    Raises `ProfileMissing`, `WrongPassphrase` (or its first page is damaged), `StoreDamaged`, `StoreTooNew`,
    `ProfileInUse` or `StoreFailed`; the file is then as it was.
    """
    _must_exist(path)
    connection = _connect(path, key, vfs)
    try:
        _check(connection)
        _migrate(connection)
    except apsw.Error as error:
        connection.close()
        raise translated(error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _must_exist(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise ProfileMissing("the store's file is missing") from error
    except OSError as error:
        raise StoreFailed("the store's file cannot be looked up") from error
    if size == 0:  # to SQLite, an empty file is a new database
        raise StoreDamaged("the store's file is empty")


def _connect(path: Path, key: bytes, vfs: str | None) -> apsw.Connection:
    """An open connection that has shown the key and has the settings."""
    if len(key) != KEY_SIZE:
        raise ValueError("a store's key is 32 bytes")
    try:
        flags = apsw.SQLITE_OPEN_READWRITE  # and not CREATE
        connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=_CACHED_STATEMENTS)
    except apsw.Error as error:
        raise translated(error) from error
    try:
        _show_key(connection, key)
        _configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _show_key(connection: apsw.Connection, key: bytes) -> None:
    """Set cipher, key and settings; the settings are the first to read the file."""
    try:
        connection.execute(f"PRAGMA cipher = '{_CIPHER}'").fetchall()
        connection.execute(f"PRAGMA key = 'raw:{key.hex()}'", can_cache=False).fetchall()
        connection.execute(_SETTINGS).fetchall()
    except apsw.NotADBError as error:
        raise WrongPassphrase("the key does not open the store") from error
    except apsw.Error as error:
        raise translated(error) from error


def _check(connection: apsw.Connection) -> None:
    if connection.pragma("application_id") != _APPLICATION_ID:
        raise StoreDamaged("the file is not a store of this program")
    if connection.pragma("journal_mode") != "wal":
        raise StoreDamaged("the store is not in the form it was written in")


def _install(connection: apsw.Connection) -> None:
    """Make an empty database a store, all of it or nothing."""
    with connection:
        connection.execute(schema())
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate(connection: apsw.Connection) -> None:
    """Apply the missing migrations in one transaction."""
    version = connection.pragma("user_version")
    if version > SCHEMA_VERSION:
        raise StoreTooNew(f"the store has schema version {version}; this program knows {SCHEMA_VERSION}")
    if version < 1:
        raise StoreDamaged("the store has no schema")
    if version == SCHEMA_VERSION:
        return
    with connection:
        for step, sql in migrations().items():
            if step > version:
                connection.execute(sql)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
