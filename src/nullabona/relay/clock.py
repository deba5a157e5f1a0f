"""The relay's two clocks: whole monotonic seconds for waiting, whole UTC days for keeping. Nothing finer is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the shell takes time from; tests give their own."""

    now: Callable[[], int] = lambda: int(time.monotonic())
    day: Callable[[], int] = lambda: int(time.time() // 86_400)
