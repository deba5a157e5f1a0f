"""A clock that goes on while the machine sleeps."""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":

    def awake_or_not() -> float:
        """Seconds on a clock that goes on while the machine is suspended, from any beginning."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "win32":

    def awake_or_not() -> float:
        """Seconds on a clock that goes on while the machine is suspended, from any beginning."""
        return time.monotonic()  # counts sleep there

else:

    def awake_or_not() -> float:
        """Seconds on a clock that goes on while the machine is suspended, from any beginning."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # counts sleep on macOS, unlike `time.monotonic`
