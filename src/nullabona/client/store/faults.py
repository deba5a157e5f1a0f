"""Where SQLite's exceptions stop: each becomes an error of ours, with the original as its cause.

A failed lookup is an error here, never an absence. No message repeats a statement's values.
"""

from __future__ import annotations

import apsw

from nullabona.client.core.model.errors import ProfileInUse, StoreDamaged, StoreFailed, StoreMisuse
from nullabona.errors import NullabonaError

_DISK = (apsw.IOError, apsw.FullError, apsw.CantOpenError, apsw.NoMemError, apsw.ReadOnlyError, apsw.PermissionsError)


def translated(error: apsw.Error) -> NullabonaError:
    """The error of ours that says whose fault this one is."""
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreDamaged("the store is damaged: what it holds does not check out")
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return ProfileInUse("another program has the store open")
    if isinstance(error, _DISK):
        return StoreFailed(f"the disk refused the store's read or write ({type(error).__name__})")
    if isinstance(error, (apsw.ConnectionClosedError, apsw.CursorClosedError)):
        return StoreMisuse("the store is closed")
    return StoreMisuse(f"the store refused a statement ({type(error).__name__})")
