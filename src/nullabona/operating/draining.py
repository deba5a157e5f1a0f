"""Ends a running server in good order, from another process, and waits until it has ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.machine.lock import holder_of

_LOOK_S: Final = 0.1


class NotRunning(UserError):
    """No server that could be ended runs in the folder."""

    code = "not-running"
    default_hint = "run it on the server's machine, as its user or as root"


class StillRunning(UserError):
    """The server was told to end and has not ended in time."""

    code = "still-running"
    default_hint = "wait and look again; its journal says what it waits for"


def drain(folder: Path, number: signal.Signals, patience_s: float) -> None:
    """Send the signal to the server that holds ``folder``; it has ended when this returns.

    Raises `NotRunning`, also if this user may not end it, and `StillRunning`.
    """
    process = holder_of(folder)
    if not process:
        raise NotRunning(f"no server holds the folder {folder}")
    try:
        os.kill(process, number)
    except OSError as error:
        raise NotRunning(f"the server {process} cannot be told: {error.strerror}") from error
    end = time.monotonic() + patience_s
    while holder_of(folder) == process:
        if time.monotonic() >= end:
            raise StillRunning(f"the server {process} has not ended in {patience_s:g} seconds")
        time.sleep(_LOOK_S)
