"""Keeps room for erasing and starting on a full disk: an empty file that is deleted when the room is needed.

Other programs can fill the same disk to the last byte. Trims, expiry and a start still need a little room then. A start
needs it most, because the stop before it freed the logs.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_NAME: Final = "ballast"
_PART: Final = 64
_PIECE: Final = 2**16
_LEAST: Final = 2**20
_MOST: Final = 64 * 2**20
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_START: Final = 2 * 2**20
"""A start needs less than this: the databases' indexes and the beginnings of their logs."""


class Ballast:
    """The file in ``directory``: a sixty-fourth of the disk, from 1 to 64 MiB."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._directory = directory

    def make_room(self) -> None:
        """Delete the file if there is too little room for a start. Raises `OSError`."""
        if free_in(self._directory) < _START:
            self.give_back()

    def give_back(self) -> bool:
        """Delete the file; False if there was none. Raises `OSError`."""
        with suppress(FileNotFoundError):
            self._path.unlink()
            return True
        return False

    def size(self) -> int:
        """Bytes of the file, 0 if there is none. Raises `OSError`."""
        with suppress(FileNotFoundError):
            return self._path.stat().st_size
        return 0

    def hold(self, free: int, spare: int) -> None:
        """Let the file grow to its size if twice that is in ``spare``, otherwise to 1 MiB, within ``free`` bytes."""
        disk = os.statvfs(self._directory)
        size = min(max(disk.f_blocks * disk.f_frsize // _PART, _LEAST), _MOST)
        if spare < 2 * size:
            size = _LEAST
        with suppress(OSError):  # a quota, or a file system that cannot: then there is less, or none
            held = self.size()
            if held < size <= held + free:
                self._grow(held, size)

    def _grow(self, held: int, size: int) -> None:
        file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            _fill(file, held, size)
        except OSError:
            os.truncate(file, held)
            raise
        finally:
            os.close(file)


if sys.platform == "darwin":

    def _fill(file: int, held: int, size: int) -> None:
        """Take the blocks of an open file up to ``size``; there they are taken by writing. Raises `OSError`."""
        for at in range(held, size, _PIECE):
            os.pwrite(file, bytes(min(_PIECE, size - at)), at)

else:

    def _fill(file: int, held: int, size: int) -> None:  # noqa: ARG001 - as on macOS
        """Take the blocks of an open file up to ``size``. Raises `OSError`."""
        os.posix_fallocate(file, 0, size)


def is_full(error: BaseException) -> bool:
    """Whether a write failed because the disk or this user's quota is full."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_FULL or code in {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}


def free_in(directory: Path) -> int:
    """Bytes that are free to this user on the directory's disk. Raises `OSError`."""
    disk = os.statvfs(directory)
    return disk.f_bavail * disk.f_frsize
