"""Replaces the process at the lock, so that its data is gone with its memory (spec/app.md §6).

Python cannot erase its objects. So the lock replaces the whole process image (``exec``): the system takes back every
page of memory, with keys and texts. Only the state that the locked app needs, and that opens nothing, is carried over:
the listening socket, the lock of the profile, hashes of the pages' tokens, the number of the last push, and the count
of wrong passphrases.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
from contextlib import suppress
from typing import Any, Final

import msgspec

_CARRIED: Final = "NULLA_APP_CARRIED"
"""The environment variable with the descriptor of a pipe that holds the carried state."""
_NOT_DUMPABLE: Final = 4
"""PR_SET_DUMPABLE of Linux."""
_MLOCK_ALL: Final = 1 | 2 | 4
"""MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT of Linux."""


class Carried(msgspec.Struct, frozen=True):
    """The carried state."""

    listening: int
    """Descriptor of the listening socket."""
    lock: int
    """Descriptor of the profile's lock."""
    tokens: list[bytes]
    """Hashes of the tokens."""
    seq: int
    wrong: int
    wait_until: float
    """On the clock that all processes of the machine share."""

    def socket(self) -> socket.socket:
        """The listening socket."""
        os.set_inheritable(self.listening, False)  # noqa: FBT003 - the system's own order
        return socket.socket(fileno=self.listening)


def taken_over() -> Carried | None:
    """The state left by the previous image, returned once; None if this is the first."""
    number = os.environ.pop(_CARRIED, "")
    if not number.isdecimal():
        return None
    with os.fdopen(int(number), "rb") as pipe:
        return msgspec.msgpack.decode(pipe.read(), type=Carried)


def begin_anew(carried: Carried) -> None:
    """Replace the process by a new one of the same command. Never returns: if that fails, the process ends."""
    try:
        reading, writing = os.pipe()
        os.write(writing, msgspec.msgpack.encode(carried))
        os.close(writing)
        for descriptor in (reading, carried.listening, carried.lock):
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - the system's own order
        os.execve(sys.executable, sys.orig_argv, {**os.environ, _CARRIED: str(reading)})  # noqa: S606 - ourselves
    finally:
        # Locked means locked: a process that cannot forget must not go on.
        os._exit(1)


def keep_memory_private() -> None:
    """No core dump holds this process's memory, and no other program of the user may look into it (on Linux).

    Where the system allows it (no limit on locked memory), none of it is written to swap space either.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    libc: Any = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        libc.mlockall(_MLOCK_ALL)
