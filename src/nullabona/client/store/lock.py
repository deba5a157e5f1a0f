"""One writer per profile. The system holds the lock, so a crash releases it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from nullabona.client.core.model.errors import ProfileInUse, StoreFailed
from nullabona.system.files import open_private
from nullabona.system.locks import lock

_HINT: Final = "close the other program that uses this profile; the lock goes with it, there is no file to delete"


class ProfileLock:
    """Held from construction to `release`. Raises `ProfileInUse` if another process, or this one, holds it."""

    __slots__ = ("_fd",)

    def __init__(self, path: Path) -> None:
        try:
            fd = open_private(path, create=True)
        except OSError as error:
            raise StoreFailed("the profile's lock file cannot be opened") from error
        try:
            lock(fd)
        except BlockingIOError as error:
            os.close(fd)
            raise ProfileInUse("another program has this profile open", hint=_HINT) from error
        except OSError as error:
            os.close(fd)
            raise StoreFailed("the profile's folder does not support locks") from error
        self._fd: int | None = fd

    def release(self) -> None:
        """Let another process have the profile. Harmless to repeat. The lock file stays."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
