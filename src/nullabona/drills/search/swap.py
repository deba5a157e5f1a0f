"""How much of a process is in swap, and whether the machine swaps at all: /proc/PID/status and /proc/swaps.

What of a running process was swapped out is searched with its memory: the kernel brings each page back as it is read
(`memory`). A swap area itself is searched only if it is named: it holds pages of every program of the machine, and what
a program that has ended left there belongs to nobody who could be asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SWAPPED: Final = re.compile(r"(?m)^VmSwap:\s+(\d+) kB$")
_KIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Swap:
    """``bytes`` of the process were in swap when it was looked at; ``areas`` is how many the machine has."""

    bytes: int
    areas: int


def look_at_swap(pid: int, proc: Path = Path("/proc")) -> Swap:
    """Before the memory is read: reading brings everything back. What the kernel does not tell counts as nothing."""
    match = _SWAPPED.search(_read(proc / str(pid) / "status"))
    areas = _read(proc / "swaps").splitlines()[1:]
    return Swap(int(match[1]) * _KIB if match else 0, len(areas))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
