"""Ctrl-C and what else asks a program to end, on the event loop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Final

if sys.platform == "win32":
    ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
    """The signals that ask a program to end; Windows has Ctrl-Break beside Ctrl-C, and sends it at log-off."""

    def on_signals(numbers: tuple[signal.Signals, ...], heard: Callable[[], object]) -> None:
        """Call ``heard`` on the running loop at each of these signals, as long as the loop is open."""
        loop = asyncio.get_running_loop()

        def hear(_number: int, _frame: object) -> None:
            # The loop of that system has no handlers of signals; a Python handler runs between two bytecodes.
            if loop.is_closed():
                raise KeyboardInterrupt
            loop.call_soon_threadsafe(heard)

        for number in numbers:
            signal.signal(number, hear)

else:
    ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)
    """The signals that ask a program to end; Windows has Ctrl-Break beside Ctrl-C, and sends it at log-off."""

    def on_signals(numbers: tuple[signal.Signals, ...], heard: Callable[[], object]) -> None:
        """Call ``heard`` on the running loop at each of these signals, as long as the loop is open."""
        loop = asyncio.get_running_loop()
        for number in numbers:
            loop.add_signal_handler(number, heard)
