"""Names a failure as the system does, without its text, which could hold a request's data."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from typing import Final

DAMAGED: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
"""What SQLite calls a file whose content is damaged: it does not get better by itself."""


def name_of(error: BaseException) -> str:
    """What the system calls the error at the bottom of this one (``ENOSPC``, ``SQLITE_FULL``), or what kind it is."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, "OSError")
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", None) or type(error).__name__
    return type(error).__name__


def is_damage(name: str) -> bool:
    """Whether `name_of` told of a damaged file; SQLite adds details behind the name."""
    return any(name == each or name.startswith(f"{each}_") for each in DAMAGED)


def fault_of(context: Mapping[str, object]) -> tuple[str, str] | None:
    """What a loop tells its exception handler of a failure of our own code: the kind of error and the place, not its
    text, which could hold request data. None if it tells of none.
    """
    error = context.get("exception")
    if not isinstance(error, BaseException):
        return None
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place is not None else "unknown place"
    return type(error).__name__, where
