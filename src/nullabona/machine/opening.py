"""Opens files on this machine's disk: the system's errors are reported with the path.

A wrong owner, a missing folder or a full disk is for the operator to fix, and is not our bug. The content of a database
is not checked here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of

_OF_THE_FILE: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    }
)  # fmt: skip
_PRIMARY: Final = 0xFF
"""Mask of SQLite's primary error codes; the higher bits are details."""


class PathUnusable(UserError):
    """A file or folder cannot be opened, made or written as this user."""

    code = "path-unusable"
    default_hint = (
        "look at owner and mode, of it and of the folder it is in: both must belong to the user that runs this "
        "(files 0600, folders 0700), and the disk must have room"
    )


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Raises the system's refusals while ``path`` is opened as `PathUnusable`, with the path; other errors pass."""
    try:
        yield
    except OSError as error:
        raise PathUnusable(f"{error.filename or path} cannot be used: {reason_of(error)}") from error
    except sqlite3.Error as error:
        if not is_of_the_file(error):
            raise
        raise PathUnusable(f"{path} cannot be used: {error.sqlite_errorname}") from error


def is_of_the_file(error: sqlite3.Error) -> bool:
    """Whether SQLite could not access the file, as opposed to an error in its content."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _OF_THE_FILE
