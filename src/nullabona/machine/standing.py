"""A database's file, and whether it still stands where it was opened.

SQLite goes on writing into a file that was carried away or replaced, and nobody will read there again. Whoever says
that something is kept looks here before it commits, and never makes a file anew in the place of one that is gone.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


class StandingFile:
    """The file at ``path``, made for its owner only if it was not there. Raises `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._which = _which(os.fstat(fd))
        finally:
            os.close(fd)

    @property
    def uri(self) -> str:
        """How SQLite opens it without making it."""
        return f"file:{quote(str(self._path))}?mode=rw"

    def stands(self) -> bool:
        """Whether the path still leads to it."""
        try:
            return _which(self._path.stat()) == self._which
        except OSError:
            return False


def _which(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
