"""One process per folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from nullabona.errors import UserError


class FolderInUse(UserError):
    """Another process holds the folder."""

    code = "data-in-use"
    default_hint = "stop the other process first, or choose another folder"


class FolderLock:
    """Holds ``folder`` for this process until closed or the process ends. Raises `FolderInUse`."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise FolderInUse(f"another process uses the folder {folder}") from error

    def close(self) -> None:
        """Release the lock. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
