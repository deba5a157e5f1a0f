"""A server's processes: started on one core, measured as a tree, stopped by their ids."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

START_S = 60.0
ROOT = Path(__file__).parents[2]
HERE = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
"""The environment of a server that is code of this tree."""
WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""A server does not outlive the harness, however that ends."""


class Process:
    """A process group pinned to a core. Its output goes to ``log`` below the folder it keeps everything in."""

    def __init__(
        self,
        command: Iterable[object],
        folder: Path,
        core: int,
        *,
        env: Mapping[str, str] | None = None,
        stdout: int | IO[bytes] | None = None,
    ) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [*WITH_US, "taskset", "-c", str(core), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                cwd=folder,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        """The process and everything it started that lives."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    children.setdefault(int(_stat(entry)[1]), []).append(int(entry.name))
        found, new = [], [self.popen.pid]
        while new:
            found += new
            new = [child for parent in new for child in children.get(parent, ())]
        return found

    def cpu_s(self) -> float:
        """CPU seconds that they used so far."""
        total = 0.0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += time.clock_gettime(_cpu_clock(pid))
        return total

    def memory_bytes(self) -> int:
        """Their proportional set size."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += sum(int(line.split()[1]) for line in rolled.splitlines() if line.startswith("Pss:"))
        return total * 1_024

    def wait_port(self, port: int) -> None:
        """Return when something listens on that port of loopback."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self.popen.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                return
            time.sleep(0.02)
        said = self.log.read_text(errors="replace")[-2_000:] if self.log.exists() else ""
        self.stop()
        raise RuntimeError(f"the server did not begin to listen; it said:\n{said}")

    def stop(self) -> None:
        """End the whole group: politely, then not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(15)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        if self.popen.stdout is not None:
            self.popen.stdout.close()


def _cpu_clock(pid: int) -> int:
    """The clock of all CPU time of a process (Linux; clock_getcpuclockid(3)), finer than /proc's ticks."""
    return (~pid << 3) | 2


def _stat(process: Path) -> list[str]:
    """The fields of /proc/pid/stat from the state on."""
    return (process / "stat").read_text().rpartition(")")[2].split()
