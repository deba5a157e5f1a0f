"""One app per profile: a second process asks the first to open another page, perhaps with a link, and ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.system.files import open_private
from nullabona.system.local_socket import Folder, LocalServer
from nullabona.system.locks import lock

PATIENCE_S: Final = 10.0
_LOCK: Final = "app.lock"
_SOCKET: Final = "app"
_PAUSE_S: Final = 0.05
_LONGEST: Final = 4_096


class NoAnswer(UserError):
    """Another app has the profile and does not answer."""

    code = "app-silent"
    default_hint = "end the other `nulla app` of this profile first"


class Instance:
    """The lock that makes a process the profile's app. ``folder`` is private: only its owner can reach its socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = -1
        self._server: LocalServer | None = None

    @property
    def lock(self) -> int:
        """The descriptor that holds the lock."""
        return self._lock

    def take_over(self, held: int) -> None:
        """Continue as the app, with the descriptor of the previous process image."""
        os.set_inheritable(held, False)  # noqa: FBT003 - the system's own order
        self._lock = held

    def claim(self) -> bool:
        """Try to become the app; False if another process is."""
        file = open_private(self._folder / _LOCK, create=True)
        try:
            lock(file)
        except OSError:
            os.close(file)
            return False
        self._lock = file
        return True

    async def serve(self, launch: Callable[[str], Path]) -> None:
        """Answer later processes with a fresh launch file; ``launch`` gets the link they bring, or an empty text."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, ValueError, TimeoutError, UserError):
                async with asyncio.timeout(PATIENCE_S):
                    link = (await reader.readline()).decode().strip()
                writer.write(os.fsencode(launch(link)) + b"\n")
            writer.close()

        self._server = LocalServer(self._folder, _SOCKET)
        await self._server.serve(answer)

    async def ask_other(self, link: str = "") -> Path:
        """A fresh launch file of the app that has the profile, which gets the link. Raises `NoAnswer`."""
        folder = Folder(self._folder, _SOCKET)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    answer = await _try_other(folder, link)
                    if answer:
                        return Path(os.fsdecode(answer))
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            raise NoAnswer("another app has this profile and does not answer") from None
        finally:
            folder.close()

    def release(self) -> None:
        """Let another process become the app. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


async def _try_other(folder: Folder, link: str) -> bytes:
    try:
        reader, writer = await folder.connect()
        writer.write(f"{link}\n".encode())
        answer = await reader.read(_LONGEST)
    except OSError:  # the other app is starting or ending
        return b""
    writer.close()
    return answer.rstrip(b"\n")
