"""Samples of the memory of processes, life by life, and of how busy the machine is."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

from bench.soak.figures import Sample

_PAGE_MIB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20
_WORK_S: Final = 0.003
MOST: Final = 2_000
"""Samples kept of one life; beyond it every second one is dropped, and from then on taken half as often."""


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM. Raises `OSError` if it is gone."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MIB


def stretch() -> float:
    """How many times as long a little work takes as it would on a machine of its own."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < _WORK_S:
        pass
    return (time.perf_counter() - began) / _WORK_S


class Watch:
    """Processes by what they are; a name whose process id changes begins another life."""

    def __init__(self) -> None:
        self.stretches: list[Sample] = []
        """How busy the machine was, by time."""
        self.peak: dict[str, float] = defaultdict(float)
        self._lives: dict[str, dict[int, list[Sample]]] = defaultdict(dict)
        self._every: dict[int, int] = defaultdict(lambda: 1)
        self._asked: dict[int, int] = defaultdict(int)

    def feel(self) -> None:
        """Note how busy the machine is."""
        self.stretches.append((time.monotonic(), stretch()))

    def look(self, name: str, pid: int) -> None:
        """Take a sample, if the process is there."""
        try:
            now = resident_mib(pid)
        except (OSError, IndexError):
            return
        self.peak[name] = max(self.peak[name], now)
        self._asked[pid] += 1
        if self._asked[pid] % self._every[pid]:
            return
        life = self._lives[name].setdefault(pid, [])
        life.append((time.monotonic(), now))
        if len(life) > MOST:
            del life[::2]
            self._every[pid] *= 2

    def lives(self, prefix: str) -> list[list[Sample]]:
        """Every life of the processes whose name begins so."""
        return [life for name, lives in self._lives.items() if name.startswith(prefix) for life in lives.values()]
