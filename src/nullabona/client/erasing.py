"""Overwriting what is to be gone, before the system is told that its place is free (docs/decisions/0036).

Anyone who has the passphrase later, and the disk, reads deleted messages out of blocks that a file gave back: the pages
in them are sealed with the same key. Where a system writes elsewhere than in place, and on flash, no program reaches
them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from nullabona.system.files import sync

_ZEROS: Final = bytes(1 << 16)


def overwrite_file(path: Path) -> None:
    """Zeros over all of a file, on the disk when this returns, its beginning before the rest. Raises `OSError`."""
    with path.open("r+b", buffering=0) as file:
        overwrite_open(file.fileno())


def overwrite_open(file: int) -> None:
    """As `overwrite_file`, through an open descriptor, whatever the file is called by now. Raises `OSError`."""
    left = os.fstat(file).st_size
    os.lseek(file, 0, os.SEEK_SET)
    first = True
    while left > 0:
        left -= os.write(file, memoryview(_ZEROS)[: min(left, len(_ZEROS))])
        if first:
            sync(file)
            first = False
    sync(file)


def erase_file(path: Path) -> None:
    """Overwrite a file and unlink it; of one that has another name, only this name goes. Raises `OSError`."""
    if path.stat().st_nlink == 1:
        overwrite_file(path)
    path.unlink()
