"""The folder of one person's versions and what is known of the release log, held by one process at a time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from nullabona.machine.http_client import Route
from nullabona.machine.lock import FolderLock
from nullabona.reading import Source, open_source
from nullabona.releases.choice import Wish
from nullabona.releases.ledger import Logged
from nullabona.updating.environments import PythonEnvironments
from nullabona.updating.files import open_place
from nullabona.updating.following import Followed, begin, follow, recall
from nullabona.updating.memory import Memory, MemoryDamaged, NotFollowed, Pinned, private_folder
from nullabona.updating.update import Here, install, newest_permitted, permitted, undo
from nullabona.updating.versions import Tools, Versions

if TYPE_CHECKING:
    from typing import Self

FILES_S: Final = 600.0
"""Seconds for one file of a release."""
Trial: TypeAlias = Callable[[], AbstractAsyncContextManager[list[list[str]]]]


class Home:
    """``folder``, held until the block ends. ``here``: this machine, whose clock says the time.

    Raises `FolderInUse` if another process holds it.
    """

    def __init__(self, folder: Path, here: Here, route: Route, tools: Tools | None = None) -> None:
        self._lock = FolderLock(private_folder(folder))
        self.here = here
        self.route = route
        self.versions = Versions(folder, tools or PythonEnvironments())
        running = self.versions.running = self.versions.running_in(here.prefix)
        self.versions.first = here.version if running is None else self.versions.in_place_of(running) or here.version
        self.memory = Memory(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release it. Idempotent."""
        self._lock.close()

    def wish(self, *, at_once: bool = False) -> Wish:
        """What the person asks of a release. Raises `NotFollowed` or `MemoryDamaged`."""
        pinned = self.memory.pinned()
        return Wish(days_public=0 if at_once else pinned.days_public, rebuilders=pinned.rebuilders)

    def recalled(self) -> Followed:
        """The log as it was seen last. Raises as `recall`."""
        return recall(self.memory)

    def undo(self) -> str:
        """Go back; the version that starts then. Updates come no longer by themselves, or this one would come again.

        Raises as `undo`.
        """
        try:
            followed, pinned = self.recalled(), self.memory.pinned()
        except (NotFollowed, MemoryDamaged):
            return undo(None, self.versions, self.here)
        version = undo(followed, self.versions, self.here)
        if pinned.by_itself:
            self.memory.pin(msgspec.structs.replace(pinned, by_itself=False), followed.seen)
        return version

    async def begin(self, pinned: Pinned) -> Followed:
        """Follow this log from now on. Raises as `begin`; then nothing changes.

        Folders are remembered as absolute paths: the app reads them from another folder than the command did.
        """
        pinned = msgspec.structs.replace(pinned, where=_anywhere(pinned.where), files=_anywhere(pinned.files))
        return await self._reading(pinned.where, lambda source: begin(self.memory, pinned, source, self.here.now_s))

    async def followed(self, where: str | None = None) -> Followed:
        """The log as it is now, read at ``where`` (None: where it is pinned). Raises as `follow`."""
        return await self._reading(
            where or self.memory.pinned().where, lambda source: follow(self.memory, source, self.here.now_s)
        )

    async def install(
        self,
        followed: Followed,
        version: str,
        tried: Trial,
        *,
        place: str = "",
        since_s: int | None = None,
        at_once: bool = False,
    ) -> Logged:
        """Install ``version`` if it may be, from ``place`` (empty: where it is pinned), and switch to it.

        ``tried`` makes the commands that it must be able to do. Raises as `permitted`, `open_place` and `install`.
        """
        wish = self.wish(at_once=at_once)
        logged = permitted(followed, version, self.versions, self.here, wish, since_s)
        files = open_place(place or self.memory.pinned().place, replace(self.route, timeout_s=FILES_S))
        try:
            async with tried() as words:
                await install(logged, files, self.versions, words)
        finally:
            await files.close()
        return logged

    async def keep_up(self, tried: Trial) -> Logged | None:
        """Read the log; if the person chose that, install the newest release that has been public for the chosen days,
        whatever is newer. None: nothing was to be installed.

        Nothing is installed while the log is silent: the clock may be ahead, or a revocation withheld. Raises as
        `followed` and `install`.
        """
        followed, pinned = await self.followed(), self.memory.pinned()
        if not pinned.by_itself or pinned.days_public == 0 or followed.is_silent(self.here.now_s):
            return None
        found = newest_permitted(followed, self.versions, self.here, self.wish())
        return None if found is None else await self.install(followed, found.release.version, tried)

    async def _reading(self, where: str, work: Callable[[Source], Awaitable[Followed]]) -> Followed:
        source = open_source(where, self.route)
        try:
            return await work(source)
        finally:
            await source.close()


def _anywhere(where: str) -> str:
    """A URL as it is, and a folder by its absolute path."""
    return where if not where or "://" in where else str(Path(where).expanduser().absolute())


def now_s() -> int:
    """POSIX seconds of this machine's clock."""
    return int(time.time())
