"""This machine's running time, which nobody can set; a possibly wrong clock is compared with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Steady:
    """Seconds since the machine's start, including sleep where the system counts it, and the id of that start."""

    boot: str
    seconds: int


def steady_s() -> float:
    """Seconds since the machine's start, including sleep where the system counts it."""
    return time.clock_gettime(_CLOCK)


def steady_now() -> Steady:
    """``boot`` is empty if the system has no id for its starts."""
    try:
        boot = _BOOT.read_text("ascii").strip()
    except (OSError, UnicodeError):
        boot = ""
    return Steady(boot, int(steady_s()))
