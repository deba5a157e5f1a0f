"""The page in a separate window, with pywebview (the extra ``window``). The app itself runs in another thread."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from nullabona.app.run import Opened
from nullabona.errors import UserError
from nullabona.extras import require

TITLE: Final = "nullabona"
WIDTH: Final = 1_120
HEIGHT: Final = 760
_MIN: Final = (360, 480)


class NoWindow(UserError):
    """No window can be opened on this machine."""

    code = "no-window"
    default_hint = "install GTK or Qt for Python, or omit --window to use the browser"


def show_window(app: Callable[[], AbstractAsyncContextManager[Opened]]) -> None:
    """Run ``app`` and show its page until the window is closed. Must be called on the main thread.

    Raises `ExtraMissing`, `NoWindow`, and what ``app`` raises.
    """
    require("window")
    webview: Any = importlib.import_module("webview")
    ready: Future[Opened] = Future()
    closing: Future[Callable[[], None]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(app, ready, closing)))
    thread.start()
    try:
        opened = ready.result()
        webview.create_window(
            TITLE, opened.launch.as_uri(), width=WIDTH, height=HEIGHT, min_size=_MIN, text_select=True
        )
        _start(webview)
    finally:
        if closing.done():
            closing.result()()
        thread.join()


def _start(webview: Any) -> None:  # noqa: ANN401 - a module that need not be there
    try:
        webview.start(private_mode=True)
    except Exception as error:
        # The library's own errors are not imported, as it need not be installed.
        if type(error).__module__.startswith("webview"):
            raise NoWindow("no library that draws windows can be loaded") from error
        raise


def _wake(loop: asyncio.AbstractEventLoop, closed: asyncio.Event) -> None:
    loop.call_soon_threadsafe(closed.set)


async def _serve(
    app: Callable[[], AbstractAsyncContextManager[Opened]],
    ready: Future[Opened],
    closing: Future[Callable[[], None]],
) -> None:
    """Run the app until the window is closed; errors before it is shown are passed to ``ready``."""
    loop, closed = asyncio.get_running_loop(), asyncio.Event()
    try:
        async with app() as opened:
            closing.set_result(lambda: _wake(loop, closed))
            ready.set_result(opened)
            await closed.wait()
    except Exception as error:
        if ready.done():
            raise
        ready.set_exception(error)
