"""The program's own updates: the folder of versions, and what is done once a day (spec/release.md §5)."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nullabona.client.api import PROFILE_VERSION, NetOptions
from nullabona.client.api.trial import trial
from nullabona.errors import NullabonaError
from nullabona.machine.http_client import Route
from nullabona.system.support import servers_run

if TYPE_CHECKING:
    from nullabona.updating.home import Home

_FIRST_S: Final = 60.0
_DAY_S: Final = 86_400.0
_SPREAD: Final = 0.25
"""Apps that were started together do not ask together."""


class Updates:
    """``folder``: where this person's versions are. The log is reached as relays are, by a proxy if there is one."""

    def __init__(self, folder: Path, net: NetOptions) -> None:
        self._folder = folder
        self._net = net
        self._task: asyncio.Task[None] | None = None
        self.installed: Callable[[str], None] = lambda _version: None
        """Told the version that came by itself."""

    @property
    def supported(self) -> bool:
        """Whether versions can be installed beside each other on this system."""
        return servers_run()

    @property
    def follows(self) -> bool:
        """Whether a release log is followed here. Looks, and makes nothing."""
        return self.supported and (self._folder / "log/pinned.json").exists()

    def home(self) -> Home:
        """The folder, to be held for one piece of work. Raises `FolderInUse`."""
        from nullabona.updating.home import Home, now_s
        from nullabona.updating.update import Here

        python = sys.version_info[:2]
        here = Here(version=version("nullabona"), python=python, profile=PROFILE_VERSION, now_s=now_s())
        return Home(self._folder, here, Route(self._net.ca_file, self._net.proxy))

    def begin(self) -> None:
        """Read the log once a day from now on, where one is followed."""
        if self.supported:
            self._task = asyncio.get_running_loop().create_task(self._daily())

    async def end(self) -> None:
        """Stop that. What was being installed is cleared up by the next installation."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _daily(self) -> None:
        pause = _FIRST_S
        while True:
            await asyncio.sleep(pause * random.uniform(1, 1 + _SPREAD))  # noqa: S311 - no secret
            pause = _DAY_S
            # What fails here is told on the page for updates, which reads the log again. A full disk today must not
            # end updates for good.
            with suppress(NullabonaError, OSError):
                if self.follows:
                    await self._keep_up()

    async def _keep_up(self) -> None:
        with self.home() as home:
            logged = await home.keep_up(trial)
        if logged is not None:
            self.installed(logged.release.version)
