"""A database that is rewritten to a second file, which then takes its place
(docs/decisions/0036-erasing-and-full-disks.md).

SQLite's ``VACUUM`` in place writes all rows into a temporary file, into its log and back, and cuts the file: copies
that the file system takes back as they are. ``VACUUM INTO`` makes one, here a file with a name; the file before it is
overwritten. Whatever a crash leaves is erased at the next start.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nullabona.machine.erasing import erase, erase_in_steps, sync_folder

FRESH: Final = ".new"
FORMER: Final = ".old"
_JOURNAL: Final = "-journal"
SPARE: Final = 2**20
"""Room beside the new file: what SQLite needs to open it."""


def tidy(path: Path) -> None:
    """Erase what a rewrite of ``path`` that did not come to its end left. Nobody has it open. Raises `OSError`."""
    for ending in (FRESH, FRESH + _JOURNAL, FORMER):
        erase(path.with_name(path.name + ending))


def write_anew(writer: sqlite3.Connection, path: Path) -> Path:
    """A new file with every row, in the order of ids, on the disk; where it is. The one there stays as it is.

    Raises `OSError` or `sqlite3.Error`; then there is none.
    """
    fresh = path.with_name(path.name + FRESH)
    tidy(path)
    try:
        writer.execute("VACUUM INTO ?", (str(fresh),))
        file = os.open(fresh, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except BaseException:
        erase(fresh)
        raise
    return fresh


def put_in_place(path: Path) -> None:
    """The new file takes the place of the one before it, which keeps a name until it is erased.

    Nobody has either open, and all of the log is in the file. At every moment one of the two is in place, complete.
    Raises `OSError`.
    """
    former = path.with_name(path.name + FORMER)
    os.link(path, former)
    sync_folder(path.parent)
    path.with_name(path.name + FRESH).replace(path)
    sync_folder(path.parent)


def give_up(path: Path) -> None:
    """Erase the new file, if it did not get there. Raises `OSError`."""
    erase(path.with_name(path.name + FRESH))


def erase_former(path: Path) -> Iterator[None]:
    """Overwrite the file before, step by step, and unlink it. Raises `OSError`."""
    return erase_in_steps(path.with_name(path.name + FORMER))
