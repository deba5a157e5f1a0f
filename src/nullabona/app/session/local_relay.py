"""A relay on this machine, for trying the app with nobody else's: a process that ends with the app.

Nothing but this machine reaches it. Its port stays the same, because handles contain it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from nullabona.extras import require
from nullabona.processes.program import NULLA_TIED, ProcessFailed, free_port
from nullabona.processes.servers import RelayProcess

_FOLDER: Final = "relay"
_PATIENCE_S: Final = 20.0
_PAUSE_S: Final = 0.5


class LocalRelay:
    """The relay whose data are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / _FOLDER
        self._process: RelayProcess | None = None
        self._starting = asyncio.Lock()

    async def start(self, port: int = 0) -> int:
        """Run it at ``port`` (0: a free one) unless it runs; its port. Raises `ExtraMissing` or `ProcessFailed`.

        The relay of the process before may need a moment to leave the port.
        """
        require("relay")
        async with self._starting:
            if self._process is None:
                port = port or free_port()
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        self._process = await self._try(port)
                except TimeoutError:
                    raise ProcessFailed("the server on this machine did not start") from None
            return self._process.address[1]

    async def _try(self, port: int) -> RelayProcess:
        while True:
            begun = asyncio.ensure_future(asyncio.to_thread(self._run, port))
            try:
                return await asyncio.shield(begun)
            except ProcessFailed:
                await asyncio.sleep(_PAUSE_S)
            except asyncio.CancelledError:  # the thread goes on, and nobody waits for what it starts
                begun.add_done_callback(_stop_late)
                raise

    def _run(self, port: int) -> RelayProcess:
        return RelayProcess(self._data, listen=f"127.0.0.1:{port}", program=NULLA_TIED)

    async def end(self) -> None:
        """End it. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.stop)


def _stop_late(begun: asyncio.Future[RelayProcess]) -> None:
    if not begun.cancelled() and begun.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, begun.result().stop)
