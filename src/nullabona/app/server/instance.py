"""One app per profile: a second process asks the first to open another page, perhaps with a link, and ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.errors import UserError

PATIENCE_S: Final = 10.0
_LOCK: Final = "app.lock"
_SOCKET: Final = "app.sock"
_PAUSE_S: Final = 0.05
_LONGEST: Final = 4_096
_FD_PATHS: Final = Path("/proc/self/fd")


class NoAnswer(UserError):
    """Another app has the profile and does not answer."""

    code = "app-silent"
    default_hint = "end the other `nulla app` of this profile first"


class Instance:
    """The lock that makes a process the profile's app. ``folder`` is private: only its owner can reach its socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = -1
        self._directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._server: asyncio.Server | None = None

    @property
    def lock(self) -> int:
        """The descriptor that holds the lock."""
        return self._lock

    def take_over(self, lock: int) -> None:
        """Continue as the app, with the descriptor of the previous process image."""
        os.set_inheritable(lock, False)  # noqa: FBT003 - the system's own order
        self._lock = lock

    def claim(self) -> bool:
        """Try to become the app; False if another process is."""
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    async def serve(self, launch: Callable[[str], Path]) -> None:
        """Answer later processes with a fresh launch file; ``launch`` gets the link they bring, or an empty text."""
        (self._folder / _SOCKET).unlink(missing_ok=True)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, ValueError, TimeoutError, UserError):
                async with asyncio.timeout(PATIENCE_S):
                    link = (await reader.readline()).decode().strip()
                writer.write(os.fsencode(launch(link)) + b"\n")
            writer.close()

        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(self._address())
        os.chmod(self._folder / _SOCKET, 0o600)  # noqa: PTH101 - Path.chmod follows links
        self._server = await asyncio.start_unix_server(answer, sock=listening)

    async def ask_other(self, link: str = "") -> Path:
        """A fresh launch file of the app that has the profile, which gets the link. Raises `NoAnswer`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    answer = await self._try_other(link)
                    if answer:
                        return Path(os.fsdecode(answer))
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            raise NoAnswer("another app has this profile and does not answer") from None

    async def _try_other(self, link: str) -> bytes:
        try:
            reader, writer = await asyncio.open_unix_connection(self._address())
            writer.write(f"{link}\n".encode())
            answer = await reader.read(_LONGEST)
        except OSError:  # the other app is starting or ending
            return b""
        writer.close()
        return answer.rstrip(b"\n")

    def release(self) -> None:
        """Let another process become the app. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None
            (self._folder / _SOCKET).unlink(missing_ok=True)
        for fd in (self._lock, self._directory):
            if fd >= 0:
                os.close(fd)
        self._lock = self._directory = -1

    def _address(self) -> str:
        """The socket's path, short enough for the system however deep the profile lies."""
        short = _FD_PATHS / str(self._directory)
        return str((short if short.exists() else self._folder) / _SOCKET)
