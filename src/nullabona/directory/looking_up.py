"""Where a directory's store is read: on the event loop if it is in this process, otherwise in a thread of its own.

A database elsewhere may be slow or gone. Then look-ups are answered that the directory is busy, and nothing else waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from nullabona.directory.store.interface import StoreFailed

PATIENCE_S: Final = 5.0
"""How long a look-up waits for a database elsewhere."""

T = TypeVar("T")


class LookUps:
    """Reads of one store, whose contract wants one thread at a time for them."""

    def __init__(self, *, remote: bool) -> None:
        self.remote = remote
        self._thread = ThreadPoolExecutor(1, "lookups") if remote else None

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work``. Raises what it raises, and `StoreFailed` if it takes too long."""
        if self._thread is None:
            return work()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise StoreFailed("the card database does not answer") from error

    def close(self) -> None:
        """Begin no more reads. One that hangs is left alone."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
