"""What the process does at start so that its memory is not written out by a crash or read by its neighbours."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 256 * 1_024


def harden() -> None:
    """No core dumps; on Linux not readable by other processes of the user. (Root can read it: spec/relay.md §9.)"""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.umask(0o077)


def raise_open_files() -> int:
    """Let the process hold as many connections as the system allows; the number it may hold."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def give_back_memory() -> None:
    """Blocks larger than 256 KiB go back to the system as soon as they are freed. Without glibc nothing happens.

    By default glibc keeps more freed memory after larger blocks, so data that strangers sent would stay.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
