"""What a witness counts, for its operator's monitoring (spec/data-held.md, *What is counted*)."""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from nullabona.machine.process import files_limit, processor_s, resident_bytes, started_s
from nullabona.machine.tls import end_of
from nullabona.wire.telemetry import WITNESS_METRICS, exposition
from nullabona.witness.config import Config

SAID_AGAIN_S: Final = 60
_log: Final = logging.getLogger("nullabona.witness")


class Figures:
    """The numbers of one witness; ``answers`` are counted elsewhere."""

    def __init__(self, config: Config, answers: Counter[str], now: Callable[[], float] = time.monotonic) -> None:
        self.connections = 0
        self._refused = 0
        self._config = config
        self._answers = answers
        self._now = now
        self._say_at = now()

    def refuse(self) -> None:
        """A connection was closed because as many are open as may be. Logged once a minute."""
        self._refused += 1
        if self._now() >= self._say_at:
            self._say_at = self._now() + SAID_AGAIN_S
            _log.error("%d connections refused so far: %d are open, which is the limit connections",
                       self._refused, self._config.limits.connections)  # fmt: skip

    def text(self) -> str:
        """As Prometheus reads it."""
        found: dict[str, int | dict[str, int]] = {
            "answers": dict(self._answers),
            "connections": self.connections,
            "connections_limit": self._config.limits.connections,
            "connections_refused": self._refused,
            "files_limit": files_limit(),
            "disk_free_bytes": shutil.disk_usage(self._config.data).free,
            "build_info": {version("nullabona"): 1},
            "process_cpu_seconds": processor_s(),
            "process_start_time_seconds": started_s(),
        }
        if (resident := resident_bytes()) is not None:
            found["process_resident_memory_bytes"] = resident
        if self._config.tls is not None and (end := end_of(self._config.tls)) is not None:
            found["certificate_end_seconds"] = end
        return exposition(WITNESS_METRICS, found)
