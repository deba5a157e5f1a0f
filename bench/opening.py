"""Opening bench: from the start of a process to a usable list of chats, on a profile of a million messages.

Three ways: the list through ``client.api``, ``nulla room list``, and the app's process until its page can be opened;
each with the profile's files in the machine's memory, and put out of it before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bench._app_profile import fill
from bench.latency import relay

BAR_MS: Final = 1_000
_LIST: Final = """
import asyncio, resource, sys, time
from pathlib import Path
from nullabona.client.api import Unprotected, open_client
async def main():
    async with open_client(Path(sys.argv[1]), unlock=Unprotected()) as client:
        rooms = client.rooms()
        print(len(rooms), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


@dataclass
class Report:
    """Milliseconds, from the start of the process."""

    machine: str
    rooms: int
    messages: int
    store_mib: float
    warm_ms: dict[str, list[float]] = field(default_factory=dict)
    cold_ms: dict[str, list[float]] = field(default_factory=dict)
    """The profile's files were put out of the machine's memory; Python's own were not."""
    memory_mib: list[int] = field(default_factory=list)
    """Of the process with the list, its interpreter included."""


def _forget(profile: Path) -> None:
    """Put the profile's files out of the machine's memory, as after a night."""
    for path in profile.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _nulla() -> str:
    return shutil.which("nulla", path=str(Path(sys.executable).parent)) or "nulla"


def _first_line(command: list[str]) -> tuple[float, str]:
    """Milliseconds until a process says its first line, and the line."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        line = process.stdout.readline()
        took = (time.perf_counter() - began) * 1_000
        process.stdin.close()
        process.terminate()
    assert line, f"{command[0]} said nothing"
    return took, line


def measure(profile: Path, report: Report, times: int) -> None:
    """Every way, ``times`` times warm and cold in turn."""

    def listed() -> float:
        took, line = _first_line([sys.executable, "-c", _LIST, str(profile)])
        rooms, memory = line.split()
        assert int(rooms) == report.rooms
        report.memory_mib.append(int(memory))
        return took

    ways: dict[str, Callable[[], float]] = {
        "list of chats": listed,
        "nulla room list": lambda: _first_line([_nulla(), "room", "list", "--json", "--profile", str(profile)])[0],
        "nulla app": lambda: _first_line([_nulla(), "app", "--no-browser", "--json", "--profile", str(profile)])[0],
    }
    for name, way in ways.items():
        way()
        for _ in range(times):
            report.warm_ms.setdefault(name, []).append(way())
            _forget(profile)
            report.cold_ms.setdefault(name, []).append(way())


def run(messages: int, rooms: int, times: int) -> Report:
    """Make the profile and open it, in a directory of its own."""
    with tempfile.TemporaryDirectory() as name:
        profile = Path(name) / "profile"
        with relay(Path(name) / "relay") as host:
            short = messages // 2 // (rooms - 1)
            long = messages - short * (rooms - 1)
            asyncio.run(fill(profile, f"mina@{host}", f"ws://{host}", rooms=rooms, long=long, short=short))
            size = sum(path.stat().st_size for path in profile.rglob("*") if path.is_file()) / 2**20
            machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
            report = Report(machine, rooms, messages, size)
            measure(profile, report, times)
            return report


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = run(given.messages, given.rooms, given.times)
    if given.json:
        print(json.dumps(asdict(report)))
        return
    print(f"{report.messages:,} messages in {report.rooms} rooms, {report.store_mib:.0f} MiB ({report.machine})")
    print(f"  from the start of a process, median of {given.times} (worst), ms   bar: {BAR_MS}")
    for name, warm in report.warm_ms.items():
        cold = report.cold_ms[name]
        told = [f"{statistics.median(each):6.0f} ({max(each):.0f})" for each in (warm, cold)]
        print(f"  {name:<16} files in memory {told[0]:<16} files on disk {told[1]}")
    print(f"  memory of the process with the list: {statistics.median(report.memory_mib):.0f} MiB")


if __name__ == "__main__":
    main()
