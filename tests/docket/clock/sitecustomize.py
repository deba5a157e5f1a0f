"""Gives a process the clock of a machine that a test sets (tests/docket/machine.py): Python imports this at its start.

Time runs as it does here. What the test adds, every clock of the process adds, so that nothing looks like a clock that
was set ahead: a machine on which more time has passed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_AHEAD = Path(os.environ["NULLA_TEST_CLOCK"])
_PLAIN = {"time": time.time, "monotonic": time.monotonic}
_CLOCK_GETTIME = time.clock_gettime
_STEADY = {time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME}


def _read() -> tuple[int, int]:
    """Seconds between this machine's date and the test's, and seconds that the test has let pass since its start."""
    date, _, passed = _AHEAD.read_text("ascii").partition(" ")
    return int(date), int(passed)


def _time() -> float:
    return _PLAIN["time"]() + sum(_read())


def _monotonic() -> float:
    return _PLAIN["monotonic"]() + _read()[1]


def _clock_gettime(clock: int) -> float:
    return _CLOCK_GETTIME(clock) + (_read()[1] if clock in _STEADY else 0)


time.time, time.monotonic, time.clock_gettime = _time, _monotonic, _clock_gettime
time.time_ns = lambda: int(_time() * 10**9)
