"""How far something long has come, on the terminal of anyone who waits for it; silent everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from nullabona.cli.output import say
from nullabona.cli.settings import Settings


class Far(Protocol):
    """What is told."""

    @property
    def part(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


def progress_line(settings: Settings) -> Callable[[Far], None] | None:
    """Something to watch with: one line on stderr that changes; None where there is no person."""
    if settings.as_json or not settings.interactive:
        return None
    last = [""]

    def tell(far: Far) -> None:
        percent = min(100, 100 * far.done // max(far.total, 1))
        text = f"{say(f'progress-{far.part}', settings.language)} {percent}%"
        if text != last[0]:
            last[0] = text
            sys.stderr.write(f"\r\x1b[K{text}" if percent < 100 else "\r\x1b[K")
            sys.stderr.flush()

    return tell
