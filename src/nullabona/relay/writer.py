"""One thread that writes, one piece of work at a time, so that a slow disk does not stop the relay from listening."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeAlias

Work: TypeAlias = Callable[[], None]
Done: TypeAlias = Callable[[Exception | None], None]


class Writer:
    """Runs work in order on its own thread; ``done`` is called on the loop with what the work raised, or None."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: SimpleQueue[tuple[Work, Done] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="relay-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work, done: Done) -> None:
        """Run ``work`` after what was submitted before it."""
        self._queue.put((work, done))

    def stop(self) -> None:
        """Finish what was submitted and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, done = item
            error: Exception | None = None
            try:
                work()
            except Exception as caught:  # noqa: BLE001 - handed to ``done``, which decides
                error = caught
            self._loop.call_soon_threadsafe(done, error)
            # While nothing comes, nothing of the last batch stays: it ties wake tokens to their boxes.
            del item, work, done, error


class InlineWriter:
    """The same without a thread: work runs on the loop. For memory stores, and to compare."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def submit(self, work: Work, done: Done) -> None:
        """Run ``work`` now and report on the loop's next turn."""
        error: Exception | None = None
        try:
            work()
        except Exception as caught:  # noqa: BLE001 - handed to ``done``, which decides
            error = caught
        self._loop.call_soon(done, error)

    def stop(self) -> None:
        """Nothing to end."""
