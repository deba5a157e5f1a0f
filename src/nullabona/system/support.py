"""Which parts of the program run on which system."""

from __future__ import annotations

import sys

from nullabona.errors import UserError


class SystemUnsupported(UserError):
    """Servers and drills run on Linux and macOS; Windows has the client, the app and `nulla log`."""

    code = "system-unsupported"
    default_hint = "run it on Linux; the messenger itself works here"


def servers_run() -> bool:
    """Whether the servers of this program run on this system: they need locks and signals of POSIX."""
    return sys.platform != "win32"


def require_server_system() -> None:
    """Raises `SystemUnsupported` where no server of this program runs."""
    if not servers_run():
        raise SystemUnsupported("this part of the program does not run on Windows")
