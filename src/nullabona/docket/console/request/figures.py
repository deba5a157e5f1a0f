"""What a console counts for its operator's monitoring: its schedule and its machine, and nothing that officers do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from nullabona.docket.publishing.clock_watch import ClockDoubtful
from nullabona.errors import NullabonaError
from nullabona.machine.process import files_limit, processor_s, resident_bytes, started_s
from nullabona.machine.tls import Tls, end_of
from nullabona.wire.telemetry import DESK_METRICS, exposition


@dataclass(slots=True)
class Pulse:
    """The state of batch publication. ``problem``: the last error, None after a success."""

    period: int | None = None
    at_s: int = 0
    waiting: int = 0
    problem: NullabonaError | None = None
    batches: int = 0
    """Periods published since the start."""
    failures: int = 0
    """Times that publishing failed since the start."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one console. ``behind``: how many periods have ended and are not published."""

    pulse: Pulse
    behind: Callable[[], int]
    period_s: int
    folder: Path
    tls: Tls | None = None

    def text(self) -> str:
        """As Prometheus reads it; zeros from the start."""
        found: dict[str, int | dict[str, int]] = {
            "batches": self.pulse.batches,
            "batch_failures": self.pulse.failures,
            "periods_behind": self.behind(),
            "period_seconds": self.period_s,
            "clock_doubtful": int(isinstance(self.pulse.problem, ClockDoubtful)),
            "files_limit": files_limit(),
            "disk_free_bytes": shutil.disk_usage(self.folder).free,
            "build_info": {version("nullabona"): 1},
            "process_cpu_seconds": processor_s(),
            "process_start_time_seconds": started_s(),
        }
        if (resident := resident_bytes()) is not None:
            found["process_resident_memory_bytes"] = resident
        if self.tls is not None and (end := end_of(self.tls)) is not None:
            found["certificate_end_seconds"] = end
        return exposition(DESK_METRICS, found)
