"""How far files have come, for a listener: the newest word about each, not every word."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from nullabona.client.api.events import Transfer
from nullabona.client.core.model.records import FileState, Progress

PAUSE_S: Final = 0.1
"""Shortest time between two progress reports of a file; its end is always reported."""


class Moves:
    """Progress that was not yet reported to one listener."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._news: dict[tuple[bytes, bytes], Progress] = {}
        self._told: dict[tuple[bytes, bytes], float] = {}

    def note(self, progress: Progress) -> None:
        """A file has come further."""
        self._news[progress.room, progress.message] = progress

    def due(self, last: int) -> Iterator[Transfer]:
        """What to tell now; each carries the id of the event before it."""
        now = self._clock()
        for key, progress in list(self._news.items()):
            if progress.state is FileState.MOVING and now - self._told.get(key, -PAUSE_S) < PAUSE_S:
                continue
            del self._news[key]
            self._told[key] = now
            if progress.state is not FileState.MOVING:
                self._told.pop(key)
            yield Transfer(
                *(progress.room, progress.message, progress.done, progress.total, progress.state, progress.reason),
                id=last,
            )
