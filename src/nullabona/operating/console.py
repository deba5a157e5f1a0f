"""Runs the legal desk's console for the desk of a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from nullabona.docket.console.passkeys.signing import VerifyPasskey
from nullabona.docket.console.request.console import Settings
from nullabona.docket.console.run import Listen, Opened, serve_console
from nullabona.docket.ports import Deliver
from nullabona.machine.hardening import harden
from nullabona.machine.lock import FolderLock
from nullabona.operating.desk import Parts, now_s, open_desk, read_config
from nullabona.operating.desk_places import CONSOLE_FOLDER, places_of

FOLDER: Final = CONSOLE_FOLDER


def run_console(data: Path, settings: Settings, listen: Listen, deliver: Deliver, ready: Callable[[], None]) -> None:
    """Serve until the process is told to end, and publish every period that is due."""
    harden()
    places = places_of(data, read_config(data))
    places.check_founded()
    (data / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FolderLock(data / FOLDER)  # names the process: `nulla docket drain` ends it, and no command by mistake

    def opened(verify: VerifyPasskey) -> Opened:
        at = open_desk(data, Parts(verifiers={"webauthn": verify}))
        return Opened(at.desk, at.log.close, deliver)

    try:
        serving = serve_console(
            data / FOLDER, opened, settings, listen, now_s, lambda *_: ready(), kept_in=places.console()
        )
        asyncio.run(serving)
    finally:
        lock.close()
