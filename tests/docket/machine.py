"""A machine on which a test lets hours and half-years pass: its processes are the ones that ship, its clock is not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from nullabona.docket.core.terms import term_span

HERE: Final = Path(__file__).parent
PERIOD_S: Final = 3_600
END_OF_2026: Final = term_span("2026H2")[1]


class Machine:
    """The clock of every process that is started with ``env``. It begins ``before_s`` before the end of 2026."""

    def __init__(self, folder: Path, before_s: int) -> None:
        self._file = folder / "machine.clock"
        self._date, self._passed = END_OF_2026 - before_s - int(time.time()), 0
        self.pass_(0)
        self.env: Final = {"PYTHONPATH": str(HERE / "clock"), "NULLA_TEST_CLOCK": str(self._file)}

    def __call__(self) -> int:
        return int(time.time()) + self._date + self._passed

    def pass_(self, seconds: int) -> None:
        """So much time passes at once. A process that sleeps notices when something wakes it."""
        self._passed += seconds
        whole = self._file.with_suffix(".new")
        whole.write_text(f"{self._date} {self._passed}", "ascii")
        whole.replace(self._file)

    def to_next_batch(self, spare_s: int = 20) -> None:
        """Until a period of an hour has just ended."""
        self.pass_(PERIOD_S - self() % PERIOD_S + spare_s)
