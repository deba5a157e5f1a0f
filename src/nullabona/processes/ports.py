"""Ports of loopback for servers that are started here."""

from __future__ import annotations

import secrets
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from nullabona.processes.program import ProcessFailed

_HOST: Final = "127.0.0.1"
_LOWEST: Final = 10_000
_OUTGOING: Final = 49_152
"""From here on systems take ports for outgoing connections, unless Linux says otherwise (RFC 6335, section 6)."""
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES: Final = 1_000

_given: Final[set[int]] = set()


def free_port(*, apart: int = 0) -> int:
    """A port of loopback that nobody listens on now, and that was not given to this process before.

    With ``apart``, nobody listens on the port that is so far above it, either. The system takes neither of them for an
    outgoing connection: a server may end and get its port again. Nor does another process that asks here get one of
    them before this one ends, on Linux. Raises `ProcessFailed` if there is none.
    """
    end = _outgoing() - apart
    for _ in range(_TRIES if end > _LOWEST else 0):
        # Not from `random`: processes that ask at once would get the same ports where all begin with one seed.
        port = _LOWEST + secrets.randbelow(end - _LOWEST)
        pair = {port, port + apart}
        if not _given & pair and _are_free(pair) and _reserve(pair):
            _given.update(pair)
            return port
    raise ProcessFailed("no port is free on this machine")


def _outgoing() -> int:
    """The first of the ports that the system takes for outgoing connections."""
    try:
        first = int(_RANGE.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return _OUTGOING
    return first if first > 2 * _LOWEST else _OUTGOING


def _are_free(ports: set[int]) -> bool:
    with ExitStack() as stack:
        try:
            for port in ports:
                stack.enter_context(socket.socket()).bind((_HOST, port))
        except OSError:
            return False
        return True


def _reserve(ports: set[int]) -> bool:
    """Whether these ports are this process's until it ends: between choice and use, and while a server is down.

    An abstract name stands for each. Such names are unique where ports are, in one network namespace, and they go with
    the process. A file with locks was rejected: it would have to be found and left behind in a folder that all share.
    """
    with ExitStack() as stack:
        if sys.platform == "linux":
            names = [stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) for _ in ports]
            try:
                for name, port in zip(names, ports, strict=True):
                    name.bind(f"\0nullabona port {port}")
            except OSError:
                return False
            for name in names:
                name.detach()  # stays open
        return True
