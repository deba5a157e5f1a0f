"""Ends a running server in good order, from another process, and waits until it has ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.lock import holder_of

_LOOK_S: Final = 0.1
_PROCESSES: Final = Path("/proc")


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

    Raises `NotRunning`, also if this user may not end it or it is not of the folder's owner, and `StillRunning`.
    """
    process = holder_of(folder)
    if not process:
        raise NotRunning(f"no server holds the folder {folder}")
    try:
        _check_owner(folder, process)
        os.kill(process, number)
    except (OSError, OverflowError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "it is no number of a process"
        raise NotRunning(f"the server {process} cannot be told: {why}") from error
    end = time.monotonic() + patience_s
    while holder_of(folder) == process:
        if time.monotonic() >= end:
            raise StillRunning(f"the server {process} has not ended in {patience_s:g} seconds")
        time.sleep(_LOOK_S)


def _check_owner(folder: Path, process: int) -> None:
    """Raises `NotRunning` unless the process is of the folder's owner.

    The number is in a file that the server's user writes: root must not end what is named there and is not theirs.
    """
    if not _PROCESSES.joinpath("self").exists():  # a system that does not show processes as files
        return
    if _PROCESSES.joinpath(str(process)).stat().st_uid != folder.stat().st_uid:
        raise NotRunning(f"the process {process}, which {folder} names, is another user's")
