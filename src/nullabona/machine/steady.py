"""How long this machine has run, which nobody sets: what a clock that may be wrong is compared with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Steady:
    """Seconds since the machine was started, sleep included where the system counts it, and which start that was."""

    boot: str
    seconds: int


def steady_s() -> float:
    """Seconds since the machine was started, those included that it slept where the system counts them."""
    return time.clock_gettime(_CLOCK)


def steady_now() -> Steady:
    """``boot`` is empty where the system gives its starts no name."""
    try:
        boot = _BOOT.read_text("ascii").strip()
    except (OSError, UnicodeError):
        boot = ""
    return Steady(boot, int(steady_s()))
