"""Rewrites a database to a second file, which then takes its place (docs/decisions/0036-erasing-and-full-disks.md).

SQLite's ``VACUUM`` in place copies all rows into a temporary file and into its log, and truncates the file. The file
system gets these copies back without anybody overwriting them. ``VACUUM INTO`` makes one copy, here under a name of its
own, and this module overwrites the former file. What a crash leaves is erased at the next start.
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
    """Erase what an unfinished rewrite of ``path`` left. Nobody may have it open. Raises `OSError`."""
    for ending in (FRESH, FRESH + _JOURNAL, FORMER):
        erase(path.with_name(path.name + ending))


def write_anew(writer: sqlite3.Connection, path: Path) -> Path:
    """Write every row to a new file, in the order of ids, sync it to the disk and return its path.

    The present file stays as it is. Raises `OSError` or `sqlite3.Error`; then there is no new file.
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
    """Put the new file in the place of the present one, which keeps a name until `erase_former` erases it.

    Nobody may have either file open, and the log must be empty. At every moment one of the two is in place, complete.
    Raises `OSError`.
    """
    former = path.with_name(path.name + FORMER)
    os.link(path, former)
    sync_folder(path.parent)
    path.with_name(path.name + FRESH).replace(path)
    sync_folder(path.parent)


def give_up(path: Path) -> None:
    """Erase the new file if it did not take the present one's place. Raises `OSError`."""
    erase(path.with_name(path.name + FRESH))


def erase_former(path: Path) -> Iterator[None]:
    """Overwrite the former file, step by step, and unlink it. Raises `OSError`."""
    return erase_in_steps(path.with_name(path.name + FORMER))
