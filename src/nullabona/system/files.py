"""Opens, syncs and replaces files so that the same holds on Linux, macOS and Windows."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PATIENCE_S: Final = 1.0
"""So long a replacement waits for a virus scanner or an indexer to close a new file (Windows)."""
_PAUSE_S: Final = 0.02

if sys.platform == "win32":
    # Without it, the C library changes line ends, and takes the byte 0x1A for the end of a file.
    _FLAGS: Final = os.O_BINARY
    _UNTRUSTED: Final = os.O_BINARY
else:
    _FLAGS: Final = 0
    _UNTRUSTED: Final = os.O_NOCTTY | os.O_NONBLOCK


def create_private(path: Path) -> int:
    """The descriptor of a new file, for reading and writing, of its owner only. Raises `FileExistsError`, `OSError`."""
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | _FLAGS, 0o600)


def open_private(path: Path, *, create: bool = False) -> int:
    """The descriptor of a file, for reading and writing; with ``create`` also of one that is made. Raises `OSError`."""
    return os.open(path, os.O_RDWR | (os.O_CREAT if create else 0) | _FLAGS, 0o600)


def open_untrusted(path: Path) -> int:
    """The descriptor of what is there, of any kind, for reading; opening it does not wait. Raises `OSError`."""
    return os.open(path, os.O_RDONLY | _UNTRUSTED)


def sync(file: int) -> None:
    """Wait until the content of an open file is on the disk. Raises `OSError`."""
    if sys.platform == "darwin":
        import fcntl

        # There, fsync leaves the data in the cache of the drive; some file systems know only that.
        with suppress(OSError):
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
            return
    os.fsync(file)


def sync_data(file: int) -> None:
    """As `sync`, without waiting for times and the like, where the system can tell them apart. Raises `OSError`."""
    if sys.platform == "linux":
        os.fdatasync(file)
    else:
        sync(file)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows cannot say so. Raises `OSError`."""
    if sys.platform != "win32":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def replace(new: Path, path: Path) -> None:
    """Put a closed file in the place of another one, which must be closed as well. Raises `OSError`.

    On Windows this waits a moment for other programs that look into either file.
    """
    until = time.monotonic() + (_PATIENCE_S if sys.platform == "win32" else 0.0)
    while True:
        try:
            new.replace(path)
        except PermissionError:
            if time.monotonic() >= until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
