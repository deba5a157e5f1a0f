"""What was started for a drill is ended, whatever ends the drill: Ctrl-C, SIGTERM or a failure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def closing_at_the_end(close: Callable[[], None]) -> Iterator[None]:
    """Call ``close`` when the block ends. SIGTERM ends it as Ctrl-C does, and neither disturbs ``close``: a second
    Ctrl-C would leave processes behind.
    """
    former = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        numbers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            close()
        finally:
            for number, handler in {**numbers, signal.SIGTERM: former}.items():
                signal.signal(number, handler)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
