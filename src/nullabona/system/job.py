"""A job object of Windows: limits of memory, processor time and processes for this process (``winnt.h``)."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

_EXTENDED_LIMITS: Final = 9
"""JobObjectExtendedLimitInformation."""
_PROCESS_TIME: Final = 0x2
_ACTIVE_PROCESS: Final = 0x8
_PROCESS_MEMORY: Final = 0x100
_DIE_ON_EXCEPTION: Final = 0x400
_TICKS_PER_S: Final = 10_000_000


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, its parts one after the other."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


if sys.platform == "win32":

    class Job:
        """A job of this process's own. Every method raises `OSError` if the system refuses."""

        def __init__(self) -> None:
            self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = ctypes.c_void_p
            self._kernel.GetCurrentProcess.restype = ctypes.c_void_p
            handle = self._kernel.CreateJobObjectW(None, None)
            if not handle:
                raise ctypes.WinError(ctypes.get_last_error())
            self._handle = ctypes.c_void_p(handle)

        def limit(self, memory: int, *, cpu_s: float | None = None) -> None:
            """Bytes of memory, one process, and seconds of the processor since it began."""
            limits = ExtendedLimits(flags=_ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_EXCEPTION)
            limits.processes, limits.process_memory = 1, memory
            if cpu_s is not None:
                limits.flags |= _PROCESS_TIME
                limits.process_time = int(cpu_s * _TICKS_PER_S)
            size = ctypes.sizeof(limits)
            self._must(self._kernel.SetInformationJobObject(self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), size))

        def enter(self) -> None:
            """Put this process into the job, for good."""
            process = ctypes.c_void_p(self._kernel.GetCurrentProcess())
            self._must(self._kernel.AssignProcessToJobObject(self._handle, process))

        @staticmethod
        def _must(done: int) -> None:
            if not done:
                raise ctypes.WinError(ctypes.get_last_error())
