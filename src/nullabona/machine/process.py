"""What the system says of this process: memory, processor time, when it started, how many files it may hold."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")
_STARTED_S: Final = int(time.time())


def resident_bytes() -> int | None:
    """Bytes of memory that the process has now; None where the system does not say (no ``/proc``)."""
    try:
        return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def processor_s() -> int:
    """Whole seconds of processor time so far."""
    return int(time.process_time())


def started_s() -> int:
    """When it started, in POSIX time, as near as its first import."""
    return _STARTED_S


def files_limit() -> int:
    """Files and sockets that the process may hold."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
