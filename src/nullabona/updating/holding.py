"""Keeps a version on the disk while a process runs from it, also for other processes than the one that updates."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from nullabona.updating.layout import COMPLETE, VERSIONS


def hold(prefix: Path) -> None:
    """Hold the version in ``prefix`` until this process ends or becomes another. Nothing for what no update installed.

    A version loads modules for as long as it runs, some of them only after weeks.
    """
    folder = prefix.resolve()
    if sys.platform != "win32" and folder.parent.name == VERSIONS:
        import fcntl

        with suppress(OSError):
            # Never closed: the system does that when the process ends, however it ends.
            fd = os.open(folder / COMPLETE, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_held(version: Path) -> bool:
    """Whether a process runs from the folder of a version. One that starts at this moment may be missed, and where a
    file system has no locks, every one.
    """
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):
            fd = os.open(version / COMPLETE, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(fd)
    return False
