"""Replaces the process at the lock, so that its data is gone with its memory (spec/app.md §6).

Python cannot erase its objects. So the lock replaces the whole process image (``exec``): the system takes back every
page of memory, with keys and texts. Only the state that the locked app needs, and that opens nothing, is carried over:
the listening socket, the lock of the profile, hashes of the pages' tokens, the number of the last push, and the count
of wrong passphrases.

Windows has no ``exec``. There the process starts its successor and ends; the successor begins when that has happened,
claims the lock and the port again, and knows no token: another program may have listened at the port in between. The
pages come back as they do to any later process (`nullabona.app.server.returning`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Final

import msgspec

_CARRIED: Final = "NULLA_APP_CARRIED"
"""The environment variable with the descriptor of a pipe that holds the carried state."""
_STDIN: Final = 0


class Carried(msgspec.Struct, frozen=True):
    """The carried state."""

    listening: int
    """Descriptor of the listening socket; on Windows it means nothing."""
    lock: int
    """Descriptor of the profile's lock; on Windows it means nothing."""
    tokens: list[bytes]
    """Hashes of the tokens."""
    seq: int
    wrong: int
    wait_until: float
    """On the clock that all processes of the machine share."""

    def socket(self) -> socket.socket | None:
        """The listening socket; None if the process has to listen itself."""
        if self.listening < 0:
            return None
        os.set_inheritable(self.listening, False)  # noqa: FBT003 - the system's own order
        return socket.socket(fileno=self.listening)


def is_taken_over() -> bool:
    """Whether `taken_over` will return a state."""
    return _CARRIED in os.environ


def taken_over() -> Carried | None:
    """The state left by the previous image, returned once; None if this is the first.

    On Windows it returns when the previous process has ended: only then its pipe ends.
    """
    number = os.environ.pop(_CARRIED, "")
    if not number.isdecimal():
        return None
    with os.fdopen(int(number), "rb", closefd=int(number) != _STDIN) as pipe:
        return msgspec.msgpack.decode(pipe.read(), type=Carried)


def begin_anew(carried: Carried) -> None:
    """Replace the process by a new one of the same command. Never returns: if that fails, the process ends."""
    try:
        if sys.platform == "win32":
            _start_successor(carried)
        else:
            _become_successor(carried)
    finally:
        # Locked means locked: a process that cannot forget must not go on.
        os._exit(1)


def _become_successor(carried: Carried) -> None:
    reading, writing = os.pipe()
    os.write(writing, msgspec.msgpack.encode(carried))
    os.close(writing)
    for descriptor in (reading, carried.listening, carried.lock):
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the system's own order
    os.execve(sys.executable, sys.orig_argv, {**os.environ, _CARRIED: str(reading)})  # noqa: S606 - ourselves


def _start_successor(carried: Carried) -> None:
    """The pipe stays open on our side until we have ended: that is how the successor knows."""
    known = msgspec.structs.replace(carried, listening=-1, lock=-1, tokens=[])
    command, environment = [sys.executable, *sys.orig_argv[1:]], {**os.environ, _CARRIED: str(_STDIN)}
    successor = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, bufsize=0)  # noqa: S603 - ourselves
    assert successor.stdin is not None
    successor.stdin.write(msgspec.msgpack.encode(known))
    os._exit(0)
