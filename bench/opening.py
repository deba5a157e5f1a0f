"""Opening bench: from the start of a process to a usable list of chats, on a profile of a million messages.

Three ways: the list through ``client.api``, ``nulla room list``, and the app's process until its page can be opened;
each with the profile's files in the machine's memory, and put out of it before.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench._app_profile import fill
from bench.client.bars import OPENING_MS, OPENING_WAYS
from bench.client.memory import most_mib
from bench.client.reports import Opening
from bench.latency import relay
from bench.speed.machine import describe
from nullabona.processes.program import Program, nulla, python

_LIST: Final = """
import asyncio, sys
from pathlib import Path
from nullabona.client.api import Unprotected, open_client
async def main():
    async with open_client(Path(sys.argv[1]), unlock=Unprotected()) as client:
        print(len(client.rooms()), flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


def _forget(profile: Path) -> None:
    """Put the profile's files out of the machine's memory, as after a night."""
    for path in profile.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _first_line(command: Sequence[str], compiled: Path) -> tuple[float, str, float | None]:
    """Milliseconds until a process says its first line, the line, and the most memory it had by then.

    Its modules are kept compiled in ``compiled`` from one start to the next, as those of an installed program are,
    whatever the environment says. A process that ends with that line may be over before its memory is looked up: None.
    """
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""}
    began = time.perf_counter()
    with Program(command, env=environment) as process:
        took = (time.perf_counter() - began) * 1_000
        memory = _memory(process.pid)
    assert process.first_line, f"{command[0]} said nothing"
    return took, process.first_line, memory


def _memory(process: int) -> float | None:
    try:
        return most_mib(process)
    except (OSError, ValueError):
        return None


def measure(profile: Path, report: Opening, times: int) -> None:
    """Every way, ``times`` times warm and cold in turn; the first time, in which modules are compiled, is not noted."""
    ways = {
        "list of chats": python("-c", _LIST, str(profile)),
        "nulla room list": nulla("room", "list", "--json", "--profile", str(profile)),
        "nulla app": nulla("app", "--no-browser", "--json", "--profile", str(profile)),
    }
    assert tuple(ways) == OPENING_WAYS
    compiled = profile.parent / "compiled"
    for name, command in ways.items():
        _first_line(command, compiled)
        for _ in range(times):
            for noted in (report.warm_ms, report.cold_ms):
                if noted is report.cold_ms:
                    _forget(profile)
                took, line, memory = _first_line(command, compiled)
                assert name != "list of chats" or int(line) == report.rooms
                noted.setdefault(name, []).append(took)
                if memory is not None:
                    report.memory_mib.setdefault(name, []).append(memory)


def run(messages: int, rooms: int, times: int) -> Opening:
    """Make the profile and open it, in a directory of its own."""
    with tempfile.TemporaryDirectory() as name:
        profile = Path(name) / "profile"
        with relay(Path(name) / "relay") as host:
            short = messages // 2 // (rooms - 1)
            long = messages - short * (rooms - 1)
            asyncio.run(fill(profile, f"mina@{host}", f"ws://{host}", rooms=rooms, long=long, short=short))
            size = sum(path.stat().st_size for path in profile.rglob("*") if path.is_file()) / 2**20
            report = Opening(rooms, messages, size, {}, {}, {})
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
        print(report.as_json())
        return
    print(f"{report.messages:,} messages in {report.rooms} rooms, {report.store_mib:.0f} MiB ({describe()})")
    print(f"  from the start of a process, median of {given.times} (worst), ms   bar: {OPENING_MS}, files on disk")
    for name, warm in report.warm_ms.items():
        cold = report.cold_ms[name]
        told = [f"{statistics.median(each):6.0f} ({max(each):.0f})" for each in (warm, cold)]
        print(f"  {name:<16} files in memory {told[0]:<16} files on disk {told[1]}")
    for name, memory in report.memory_mib.items():
        print(f"  memory of the process: {name:<16} {statistics.median(memory):6.0f} MiB")


if __name__ == "__main__":
    main()
