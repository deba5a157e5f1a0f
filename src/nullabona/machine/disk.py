"""Writes files atomically: written aside, synced, renamed, and their folders synced.

Public files are readable by everyone, because another web server may serve them; unfinished files are in a private
folder beside them. A test replaces ``os`` here by one whose n-th operation fails.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.errors import NullabonaError
from nullabona.machine.failures import reason_of

_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755
_PRIVATE: Final = 0o700
_SIDE_BY_SIDE: Final = 64
"""Files written before the first is renamed."""
_THREADS: Final = 16
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


class DiskFailed(NullabonaError):
    """A file could not be written or read. The earlier content is unchanged."""

    code = "disk-failed"
    default_hint = "check the free space, the permissions and the disk; you may try again"
    retryable = True


class Disk:
    """Writes below ``root``. ``aside`` must be on the same file system; leftovers in it are removed."""

    def __init__(self, root: Path, aside: Path) -> None:
        self._root = root
        self._aside = aside
        self._unsettled: set[Path] = set()
        try:
            aside.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
            for leftover in aside.iterdir():
                leftover.unlink()
            self._make_folder(root)
            self.settle()
        except OSError as error:
            raise _failed(error) from error

    def put(self, name: str, data: bytes) -> None:
        """Replace the content of ``name`` by ``data`` atomically. It survives a power cut only after `settle`."""
        self.put_all([(name, data)])

    def put_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """As `put`, for many; they are synced side by side, which one disk does faster than one by one."""
        try:
            for at in range(0, len(files), _SIDE_BY_SIDE):
                self._put_some(files[at : at + _SIDE_BY_SIDE])
        except OSError as error:
            raise _failed(error) from error

    def settle(self) -> None:
        """All earlier puts are on the disk when this returns. After a failure, put and settle again."""
        try:
            for folder in sorted(self._unsettled):
                _sync_folder(folder)
        except OSError as error:
            raise _failed(error) from error
        self._unsettled.clear()

    def read(self, name: str) -> bytes | None:
        """The content of ``name``, or None."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed(error) from error

    def remove_folder(self, name: str) -> None:
        """Remove a folder of files, if it is there; harmless when repeated."""
        folder = self._root / name
        try:
            with suppress(FileNotFoundError):
                for each in os.listdir(folder):  # noqa: PTH208 - one door to the disk
                    os.unlink(folder / each)  # noqa: PTH108 - one door to the disk
                os.rmdir(folder)  # noqa: PTH106 - one door to the disk
        except OSError as error:
            raise _failed(error) from error

    def _put_some(self, files: Sequence[tuple[str, bytes]]) -> None:
        opened: list[int] = []
        try:
            for number, (_, data) in enumerate(files):
                opened.append(_create(self._aside / str(number)))
                _write(opened[-1], data)
            _sync_all(opened)
        finally:
            for file in opened:
                os.close(file)
        for number, (name, _) in enumerate(files):
            path = self._root / name
            self._make_folder(path.parent)
            os.replace(self._aside / str(number), path)  # noqa: PTH105 - one door to the disk
            self._unsettled.add(path.parent)

    def _make_folder(self, folder: Path) -> None:
        """Create ``folder`` and its parents; each new one changes its parent, which is synced too."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        with suppress(FileExistsError):
            os.mkdir(folder)  # noqa: PTH102 - one door to the disk
        os.chmod(folder, _FOLDER_MODE)  # noqa: PTH101 - one door to the disk; the umask may be narrow
        self._unsettled |= {folder, folder.parent}


def keep_file(path: Path, data: bytes) -> None:
    """Replace the content of one file by ``data`` atomically; it is on the disk when this returns. Raises `OSError`."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync_folder(path.parent)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
    if sys.platform != "win32":
        os.fchmod(file, _FILE_MODE)


def _sync_all(files: Sequence[int]) -> None:
    if len(files) == 1:
        os.fsync(files[0])
        return
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(os.fsync, files))


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":  # which cannot open a folder, nor say that its names are on the disk
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _failed(error: OSError) -> DiskFailed:
    return DiskFailed(f"a file could not be written or read: {reason_of(error)}")
