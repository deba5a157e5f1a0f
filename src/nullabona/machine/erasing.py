"""Overwriting what is to be gone before the file system is told that its place is free.

A block that a file system takes back keeps what stood in it until something else is written there. So whatever leaves
a file here is overwritten where it lies, and is on the disk as zeros, before the file is cut or unlinked. A file system
that writes elsewhere than in place (copy on write, a journal of data), and flash below it, keep copies that no program
reaches (docs/decisions/0036-erasing-and-full-disks.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

STEP: Final = 64 * 2**20
"""Bytes that one step of `erase_in_steps` overwrites."""
_ZEROS: Final = bytes(2**20)


def overwrite(file: int, start: int, end: int) -> None:
    """Zeros from ``start`` to ``end`` of an open file. Not yet on the disk: the caller syncs. Raises `OSError`."""
    while start < end:
        start += os.pwrite(file, memoryview(_ZEROS)[: end - start], start)


def erase(path: Path) -> None:
    """Overwrite a file and unlink it; only the name goes if it has another one. Harmless if it is not there.

    Raises `OSError`.
    """
    for _ in erase_in_steps(path):
        pass


def erase_in_steps(path: Path) -> Iterator[None]:
    """As `erase`, `STEP` bytes at a time: between two steps something else may be done."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        status = os.fstat(file)
        if status.st_nlink == 1:
            for start in range(0, status.st_size, STEP):
                overwrite(file, start, min(start + STEP, status.st_size))
                os.fdatasync(file)
                yield
    finally:
        os.close(file)
    with suppress(FileNotFoundError):
        path.unlink()


def cut(file: int, size: int) -> None:
    """Cut an open file to ``size`` bytes, if it is longer; what is cut off was overwritten. Raises `OSError`."""
    end = os.fstat(file).st_size
    if end > size:
        overwrite(file, size, end)
        os.fdatasync(file)
        os.truncate(file, size)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises `OSError`."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
