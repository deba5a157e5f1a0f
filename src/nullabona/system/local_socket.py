"""How processes of one user talk: a socket in a private folder, or where there is none a port of loopback.

Windows has no Unix sockets in Python, and macOS none with a path over 103 bytes. There the folder holds a port and a
secret, and each side proves that it knows the secret before the other one says anything: any program of the machine may
connect to the port, or listen at it after the app has ended.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from nullabona.system.files import create_private

Answer: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE_S: Final = 10.0
_SECRET: Final = 32
_LOOPBACK: Final = "127.0.0.1"
_LONGEST_PATH: Final = 100


class LocalServer:
    """A socket in ``folder``, which only this user reaches, called ``name``."""

    def __init__(self, folder: Path, name: str) -> None:
        self._files = (folder / f"{name}.sock", folder / f"{name}.port")
        self._folder = Folder(folder, name)
        self._server: asyncio.Server | None = None

    async def serve(self, answer: Answer) -> None:
        """Answer each connection, in place of a process that has ended. Raises `OSError`."""
        self._clear()
        if sys.platform != "win32":
            address = self._folder.address()
            if address is not None:
                self._server = await asyncio.start_unix_server(answer, address)
                os.chmod(self._files[0], 0o600)  # noqa: PTH101 - Path.chmod follows links
                return
        secret = secrets.token_bytes(_SECRET)
        self._server = await asyncio.start_server(_proving(secret, answer), _LOOPBACK, 0)
        port = self._server.sockets[0].getsockname()[1]
        with os.fdopen(create_private(self._files[1]), "w", encoding="ascii") as file:
            file.write(f"{port} {secret.hex()}\n")

    def close(self) -> None:
        """Accept no connection any more. Harmless to repeat."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._clear()
        self._folder.close()

    def _clear(self) -> None:
        for path in self._files:
            path.unlink(missing_ok=True)


class Folder:
    """Where a `LocalServer` is found; on Linux however long its path is."""

    def __init__(self, folder: Path, name: str) -> None:
        self._socket = folder / f"{name}.sock"
        self._port = folder / f"{name}.port"
        self._opened = -1
        if sys.platform == "linux":
            self._opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the process that serves here. Raises `OSError` if there is none that is ours."""
        if sys.platform != "win32":
            address = self.address()
            if address is not None:
                return await asyncio.open_unix_connection(address)
        try:
            port, secret = self._port.read_text(encoding="ascii").split()
            number, key = int(port), bytes.fromhex(secret)
        except ValueError:
            raise ConnectionError("the file of the port is not written yet") from None
        reader, writer = await asyncio.open_connection(_LOOPBACK, number)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await _prove(key, reader, writer)
        except (TimeoutError, OSError, EOFError):
            writer.close()
            raise ConnectionError("the process at the port is not ours") from None
        return reader, writer

    def address(self) -> str | None:
        """A path of the socket that is short enough for the system, or None."""
        short = Path(f"/proc/self/fd/{self._opened}")
        path = str(short / self._socket.name if self._opened >= 0 and short.exists() else self._socket)
        return path if len(os.fsencode(path)) <= _LONGEST_PATH else None

    def close(self) -> None:
        """Harmless to repeat."""
        if self._opened >= 0:
            os.close(self._opened)
            self._opened = -1


def _proof(secret: bytes, side: bytes, nonce: bytes) -> bytes:
    return hmac.digest(secret, b"nullabona local v1 " + side + nonce, "sha256")


def _proving(secret: bytes, answer: Answer) -> Answer:
    """``answer``, for those only that know the secret; one who connects proves it second, and learns nothing before."""

    async def proven(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonce = secrets.token_bytes(_SECRET)
        with suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                theirs = await reader.readexactly(_SECRET)
                writer.write(_proof(secret, b"server", theirs) + nonce)
                told = await reader.readexactly(_SECRET)
            if hmac.compare_digest(told, _proof(secret, b"client", nonce)):
                await answer(reader, writer)
                return
        writer.close()

    return proven


async def _prove(secret: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    nonce = secrets.token_bytes(_SECRET)
    writer.write(nonce)
    told, theirs = await reader.readexactly(_SECRET), await reader.readexactly(_SECRET)
    if not hmac.compare_digest(told, _proof(secret, b"server", nonce)):
        raise ConnectionError("the process at the port does not know the secret")
    writer.write(_proof(secret, b"client", theirs))
