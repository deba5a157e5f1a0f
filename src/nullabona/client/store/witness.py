"""The generation file beside the store: it remembers how far the profile has come, so that an older store is noticed.

40 bytes: the generation (8, big-endian) and HMAC-SHA256 over it under a key of the profile. It is written after each
commit, without waiting for the disk: after a power failure it may be behind the store, never ahead of it. It guards
against accidents (a copy put back, a synchronised folder), not against someone who puts back both files together.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Final, Self

from nullabona.client.core.model.errors import ProfileExists, StoreFailed
from nullabona.system.files import create_private, open_private, sync

SIZE: Final = 40


class Witness:
    """An open generation file. Two threads must not use one."""

    __slots__ = ("_fd", "_key")

    def __init__(self, fd: int, key: bytes) -> None:
        self._fd: int = fd
        self._key = key

    @classmethod
    def create(cls, path: Path, key: bytes, generation: int) -> Self:
        """A new file that remembers ``generation``, on disk when this returns."""
        try:
            fd = create_private(path)
        except FileExistsError as error:
            raise ProfileExists("there is a generation file already") from error
        except OSError as error:
            raise StoreFailed("the generation file cannot be created") from error
        witness = cls(fd, key)
        try:
            witness.remember(generation)
            witness.sync()
        except OSError as error:
            witness.close()
            raise StoreFailed("the generation file cannot be written") from error
        return witness

    @classmethod
    def open(cls, path: Path, key: bytes) -> Self | None:
        """The file, or None if it certainly does not exist."""
        try:
            return cls(open_private(path), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreFailed("the generation file cannot be opened") from error

    def recall(self) -> int | None:
        """The remembered generation, or None if the file does not say (cut off, changed, of another profile)."""
        try:
            os.lseek(self._fd, 0, os.SEEK_SET)
            data = os.read(self._fd, SIZE + 1)
        except OSError as error:
            raise StoreFailed("the generation file cannot be read") from error
        if not hmac.compare_digest(data[8:], self._mac(data[:8])):
            return None
        return int.from_bytes(data[:8], "big")

    def remember(self, generation: int) -> None:
        """Remember ``generation``. Raises OSError."""
        number = generation.to_bytes(8, "big")
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.write(self._fd, number + self._mac(number))

    def sync(self) -> None:
        """Wait until what is remembered is on disk. Raises OSError."""
        sync(self._fd)

    def close(self) -> None:
        """Harmless to repeat."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _mac(self, number: bytes) -> bytes:
        return hmac.digest(self._key, number, "sha256")
