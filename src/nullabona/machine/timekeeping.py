"""Checks whether this machine's wall clock can be trusted, before anything is erased or closed by it.

A wall clock that is wrong for some seconds would erase every box, and close epochs of the public record in the future.
So each reading is compared with a monotonic clock, and a process's first reading with a known past time. While they
disagree, the day does not advance. This module never sets a clock (docs/how-to/run-a-relay.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from nullabona.machine.steady import steady_s

DAY_S: Final = 86_400
LEEWAY_S: Final = 300
"""Most seconds that the wall clock may step at once; a time service's routine corrections are smaller."""
AWAY_S: Final = 30 * DAY_S
"""How long after the last time that is known a process may begin without being told that the clock is right."""
_log: Final = logging.getLogger("nullabona.clock")


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clock, in seconds of POSIX time, and a monotonic clock; tests pass their own."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = steady_s


class ClockGuard:
    """One guard per process for everything that erases or closes by one clock. Thread-safe.

    ``today``: the day (since 1970-01-01, UTC) stated by the operator, if a start needs that.
    """

    def __init__(self, clocks: Clocks | None = None, *, today: int | None = None) -> None:
        self._clocks = clocks or Clocks()
        self._today = today
        self._known_s = 0.0
        self._offset: float | None = None
        """The wall clock's offset from the monotonic clock when last trusted; None: never trusted."""
        self._believed = True
        self._day = 0
        self._lock = Lock()

    def know(self, then_s: float) -> None:
        """Tell a known past time (seconds of POSIX time). Call it before the first `check`."""
        self._known_s = max(self._known_s, then_s)

    def check(self) -> bool:
        """Read the clocks; whether the wall clock can be trusted now. Logs when that changes."""
        with self._lock:
            wall, steady = self._clocks.wall(), self._clocks.steady()
            believed = self._agrees(wall, steady)
            if believed:
                self._offset, self._day = wall - steady, int(wall // DAY_S)
            if believed != self._believed:
                self._say(wall, steady, believed=believed)
            self._believed = believed
            return believed

    @property
    def is_believed(self) -> bool:
        """What the last `check` said."""
        return self._believed

    @property
    def day(self) -> int:
        """The last trusted day, whole days since 1970-01-01; before there is one, the day of the known time."""
        return self._day or int(self._known_s // DAY_S)

    def _agrees(self, wall: float, steady: float) -> bool:
        if self._offset is not None:
            return abs(wall - steady - self._offset) <= LEEWAY_S
        told = self._today is not None and abs(int(wall // DAY_S) - self._today) <= 1
        return told or not self._known_s or -LEEWAY_S <= wall - self._known_s <= AWAY_S

    def _say(self, wall: float, steady: float, *, believed: bool) -> None:
        if believed:
            _log.warning("the clock is believed again")
        elif self._offset is not None:
            step = wall - steady - self._offset
            _log.error("the clock stepped %s by %d s; nothing is erased or closed until it is put right, or until this "
                       "process is started again", "on" if step > 0 else "back", abs(step))  # fmt: skip
        else:
            away = wall - self._known_s
            _log.error("the clock is %d s %s the last epoch's close; nothing is erased or closed until it is put "
                       "right, or --today says the date", abs(away), "after" if away > 0 else "before")  # fmt: skip
