"""Overwrites data before the file system is told that its blocks are free.

A freed block keeps its content until something else is written there. So data is overwritten in place with zeros, and
synced, before its file is cut or unlinked. A file system that does not write in place (copy on write, a data journal),
and flash storage, keep copies that no program reaches (docs/decisions/0036-erasing-and-full-disks.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.system.files import sync_data

STEP: Final = 64 * 2**20
"""Bytes that one step of `erase_in_steps` overwrites."""
_ZEROS: Final = bytes(2**20)


def overwrite(file: int, start: int, end: int) -> None:
    """Write zeros from ``start`` to ``end`` of an open file. The caller must sync. Raises `OSError`."""
    while start < end:
        start += os.pwrite(file, memoryview(_ZEROS)[: end - start], start)


def erase(path: Path) -> None:
    """Overwrite a file and unlink it; if it has another name, only unlink it. Harmless if it is missing.

    Raises `OSError`.
    """
    for _ in erase_in_steps(path):
        pass


def erase_in_steps(path: Path) -> Iterator[None]:
    """As `erase`, `STEP` bytes at a time, so that the caller can do other work between the steps."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        status = os.fstat(file)
        if status.st_nlink == 1:
            for start in range(0, status.st_size, STEP):
                overwrite(file, start, min(start + STEP, status.st_size))
                sync_data(file)
                yield
    finally:
        os.close(file)
    with suppress(FileNotFoundError):
        path.unlink()


def cut(file: int, size: int) -> None:
    """Cut an open file to ``size`` bytes, if it is longer, after overwriting the rest. Raises `OSError`."""
    end = os.fstat(file).st_size
    if end > size:
        overwrite(file, size, end)
        sync_data(file)
        os.truncate(file, size)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Raises `OSError`."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
