"""Limits that a process sets to itself before it reads hostile bytes, and cannot lift any more."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

if sys.platform == "win32":
    from nullabona.system.job import Job

    class Confinement:
        """From construction on: so much memory, no other process. Raises `OSError` if the system refuses.

        On Windows it can still open files and sockets, as the user may.
        """

        def __init__(self, memory: int) -> None:
            self._memory = memory
            self._job = Job()
            self._job.limit(memory)
            self._job.enter()

        def allow_cpu(self, seconds: int) -> None:
            """So much time of the processor from now on, then the system ends the process. Raises `OSError`."""
            self._job.limit(self._memory, cpu_s=time.process_time() + seconds)

    def bare_environment() -> dict[str, str]:
        """The least environment that an interpreter starts with."""
        return {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "C:\\Windows")}  # where it finds its source of randomness

else:
    import resource

    class Confinement:
        """From construction on: so much memory, no new file or socket, no file content. Raises `OSError`, `ValueError`.

        On macOS memory has no limit if the system refuses one.
        """

        def __init__(self, memory: int) -> None:
            if sys.platform == "darwin":
                with suppress(ValueError, OSError):  # it refuses less than is mapped, which is much
                    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            else:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE):
                resource.setrlimit(limit, (0, 0))

        def allow_cpu(self, seconds: int) -> None:
            """So much time of the processor from now on, then the system ends the process. Raises `OSError`."""
            used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
            resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))

    def bare_environment() -> dict[str, str]:
        """The least environment that an interpreter starts with."""
        return {}
