"""One process per folder; its number is in the file, for the operator who wants it to end."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Final

from nullabona.errors import UserError

_TRIES: Final = 5
_PAUSE_S: Final = 0.02


class FolderInUse(UserError):
    """Another process holds the folder."""

    code = "data-in-use"
    default_hint = "stop the other process first, or choose another folder"


class FolderLock:
    """Holds ``folder`` for this process until closed or the process ends. Raises `FolderInUse`."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take()
        except OSError as error:
            os.close(self._fd)
            raise FolderInUse(f"another process uses the folder {folder}") from error
        with suppress(OSError):  # on a full disk it holds the folder all the same
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def _take(self) -> None:
        """`holder_of` has the lock for a moment, which must not keep a server from starting."""
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            sleep(_PAUSE_S)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Release the lock. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def holder_of(folder: Path) -> int | None:
    """The number of the process that holds the folder; 0 if it did not say; None if nobody holds it."""
    try:
        fd = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        said = os.pread(fd, 20, 0).strip()
        return int(said) if said.isdigit() else 0
    else:
        return None
    finally:
        os.close(fd)
