"""A database's file, and whether it is still at the path where it was opened.

SQLite continues to write into a file that was moved or replaced, where the data is lost. A store that promises to keep
data checks this before it commits, and never creates a new file in place of a missing one.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


class StandingFile:
    """The file at ``path``, created for its owner only if missing. Raises `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._which = _which(os.fstat(fd))
        finally:
            os.close(fd)

    @property
    def uri(self) -> str:
        """The URI with which SQLite opens the file without creating it."""
        return f"file:{quote(str(self._path))}?mode=rw"

    def stands(self) -> bool:
        """Whether the path still leads to this file."""
        try:
            return _which(self._path.stat()) == self._which
        except OSError:
            return False


def _which(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
