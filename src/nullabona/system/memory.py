"""Keeps the memory of a process from other programs and from the disk, as far as the system offers that."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, Final

if sys.platform != "win32":
    import resource

_NOT_DUMPABLE: Final = 4
"""PR_SET_DUMPABLE of Linux."""
_MLOCK_ALL: Final = 1 | 2 | 4
"""MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT of Linux."""


def keep_memory_private() -> None:
    """No core dump holds this process's memory (but on Windows), and no program of the user looks into it (on Linux).

    Where the system allows it (no limit on locked memory), Linux writes none of it to swap space either.
    """
    if sys.platform != "win32":
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        libc: Any = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
        if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
            libc.mlockall(_MLOCK_ALL)
