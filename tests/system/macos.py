# ruff: noqa: ANN401 - these stand in for functions that take anything
"""What macOS does in another way than Linux, for code that is imported after `install`."""

from __future__ import annotations

import fcntl
import os
import resource
import socket
from types import SimpleNamespace
from typing import Any

F_FULLFSYNC = 51
_LONGEST_PATH = 103
"""Of a Unix socket: ``sun_path`` has 104 bytes."""
_real = SimpleNamespace(**vars(os))


def install() -> None:
    """Make ``os``, ``fcntl``, ``socket`` and ``resource`` those of macOS."""
    real_fcntl, real_limit = fcntl.fcntl, resource.setrlimit

    def control(file: int, command: int, argument: Any = 0) -> Any:
        if command == F_FULLFSYNC:
            os.fsync(file)
            return 0
        return real_fcntl(file, command, argument)

    def limit(which: int, limits: tuple[int, int]) -> None:
        if which == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")
        real_limit(which, limits)

    setattr(fcntl, "F_FULLFSYNC", F_FULLFSYNC)  # noqa: B010 - for mypy this is Linux
    fcntl.fcntl = control  # type: ignore[assignment]
    resource.setrlimit = limit
    real_bind, real_connect = socket.socket.bind, socket.socket.connect

    class Socket(socket.socket):
        def bind(self, address: Any) -> None:
            _check(address)
            real_bind(self, address)

        def connect(self, address: Any) -> None:
            _check(address)
            real_connect(self, address)

    socket.socket = Socket  # type: ignore[misc]
    for name in ("stat", "open", "listdir"):
        setattr(os, name, _without_proc(getattr(_real, name)))


def _check(address: Any) -> None:
    if isinstance(address, str | bytes) and len(os.fsencode(address)) > _LONGEST_PATH:
        raise OSError("AF_UNIX path too long")


def _without_proc(function: Any) -> Any:
    def called(path: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(path, str | os.PathLike) and os.fspath(path).startswith("/proc"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return function(path, *rest, **more)

    return called
