"""The desk's thread: all code that uses the desk runs here, one call at a time; a coroutine that waits lets others run.

A batch waits for witnesses on this thread's loop, so a slow witness delays no officer (spec/console.md §2).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DeskThread(Executor):
    """One thread with its own event loop, from creation until `shutdown`."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._live(),), name="desk")
        self._thread.start()
        self._ready.wait()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` after earlier calls."""
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - anyone who waits for the future gets it
                future.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        return future

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work``; other calls run while it waits."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as every executor
        """End the thread; coroutines that still run are cancelled."""
        self._loop.call_soon_threadsafe(self._ended.set)
        if wait:
            self._thread.join()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._ready.set()
        await self._ended.wait()
