"""The machine under the figures: what it is, how busy it is with other things, how fast its disk keeps a kilobyte."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SYNC_BYTES = 1_024


def describe() -> str:
    """Processor, cores, system, Python, SQLite."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {python}, SQLite {sqlite}"


def busy_s() -> float:
    """CPU seconds that everything on the machine used so far."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / CLOCK_TICKS


def sync_ms(folder: Path, seconds: float = 0.5) -> float:
    """Median milliseconds of appending 1 KiB to a file and syncing it."""
    block = os.urandom(SYNC_BYTES)
    path = folder / "sync-probe"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    times = []
    try:
        until = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < until:
            os.write(fd, block)
            os.fdatasync(fd)
            times.append((time.perf_counter() - begun) * 1e3)
    finally:
        os.close(fd)
        path.unlink()
    return statistics.median(times)
