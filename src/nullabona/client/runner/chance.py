"""Where the running client gets time and chance from."""

from __future__ import annotations

import math
import secrets
import time


class SystemChance:
    """The core's `Chance`, from the operating system."""

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def between(self, low: int, high: int) -> int:
        return low + secrets.randbelow(high - low + 1)


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def fraction() -> float:
    """A random number in [0, 1)."""
    return secrets.randbelow(1 << 53) / (1 << 53)


def moment_s(mean_s: float, chance: float) -> float:
    """Seconds until something happens next that is to happen at drawn moments: none follows from the one before."""
    return -mean_s * math.log(1 - chance)
