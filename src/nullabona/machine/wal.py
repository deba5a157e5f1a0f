"""SQLite's write-ahead log is restarted in place and overwritten, not truncated (spec/relay.md §6).

A truncated log grows with every commit, and each sync must then also write the new size: half as long again where a
sync is fast. Truncating, and unlinking, also leave the old content on the disk; overwriting does not. File format:
sqlite.org/fileformat2.html, §4.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nullabona.machine.erasing import cut, overwrite
from nullabona.system.files import sync_data

KEPT_BYTES: Final = 16 * 1_048_576
"""The size limit of the log, to which it is cut when it has grown beyond."""
_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_SALTS: Final = 16, 8


class Log:
    """The file at ``path``, which SQLite has open and writes to. It holds no locks on it, so this may open it too."""

    def __init__(self, path: Path, page_size: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._step = _FRAME_HEADER + page_size
        self._soiled = self.size()
        """Every byte after this offset is zero."""

    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._file).st_size

    def salts(self) -> bytes:
        """Eight bytes that change whenever SQLite restarts the log."""
        place, length = _SALTS
        return os.pread(self._file, length, place)

    def pages(self, frames: int | None = None) -> Iterator[int]:
        """The numbers of the pages in the first ``frames`` frames, or in all that were written and are not blank.

        Each once, in order.
        """
        end = self.size() if frames is None else min(self.size(), _HEADER + frames * self._step)
        starts = range(_HEADER, end - self._step + 1, self._step)
        yield from sorted({int.from_bytes(os.pread(self._file, 4, start), "big") for start in starts} - {0})

    def soil(self, frames: int | None) -> None:
        """SQLite has written so many frames since it last began at the start; None: nobody knows how many.

        It counts what was committed. What a commit wrote that failed, for want of room say, lies behind that.
        """
        end = self.size() if frames is None else _HEADER + frames * self._step
        self._soiled = max(self._soiled, end)

    def cut(self) -> None:
        """Cut the log to `KEPT_BYTES`. SQLite must just have restarted it, with less than that."""
        cut(self._file, KEPT_BYTES)

    def blank(self) -> None:
        """Overwrite everything after the first frame. SQLite must just have restarted the log and written one frame."""
        end = min(self._soiled, self.size())
        overwrite(self._file, _HEADER + self._step, end)
        sync_data(self._file)
        self._soiled = 0

    def close(self) -> None:
        """Close the file. If SQLite unlinked it after moving all of it into the database, overwrite it first.

        Call it after SQLite has closed the file. Raises `OSError`; the file is closed all the same.
        """
        try:
            if os.fstat(self._file).st_nlink == 0:
                overwrite(self._file, 0, self.size())
                sync_data(self._file)
        finally:
            os.close(self._file)
