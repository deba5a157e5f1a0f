"""Where the running client gets time and randomness from."""

from __future__ import annotations

import math
import secrets
import time


class SystemRandomness:
    """The core's `Randomness`, from the operating system."""

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


def moment_s(mean_s: float, drawn: float) -> float:
    """Seconds until the next random moment, exponentially distributed. ``drawn`` is in [0, 1)."""
    return -mean_s * math.log(1 - drawn)
