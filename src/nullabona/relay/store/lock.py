"""One process per data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from nullabona.errors import UserError


class DirectoryInUse(UserError):
    """Another process holds the data directory."""

    code = "data-in-use"
    default_hint = "stop the other relay first, or choose another --data directory"


class DirectoryLock:
    """Holds ``directory`` for this process until closed or the process ends. Raises `DirectoryInUse`."""

    def __init__(self, directory: Path) -> None:
        self._fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise DirectoryInUse("another relay uses this data directory") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go. Harmless when repeated."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
