"""What nothing keeps, for a listener: who is writing, and how far files have come: the newest word about each file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, assert_never

import msgspec

from nullabona.client.api.events import Transfer, Typing
from nullabona.client.core.model.facts.messages import PassingFact
from nullabona.client.core.model.records import FileState

PAUSE_S: Final = 0.1
"""Shortest time between two progress reports of a file; its end is always reported."""
_MOST: Final = 256
"""Most reports of writing that wait for a slow listener; older ones are dropped."""


class Passing:
    """What was not yet reported to one listener."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._typing: deque[Typing] = deque(maxlen=_MOST)
        self._moved: dict[tuple[bytes, bytes], Transfer] = {}
        self._told: dict[tuple[bytes, bytes], float] = {}

    def note(self, fact: PassingFact) -> None:
        """Somebody began or stopped writing, or a file has come further."""
        match fact:
            case Typing():
                self._typing.append(fact)
            case Transfer():
                self._moved[fact.room, fact.message] = fact
            case _:
                assert_never(fact)

    def due(self, last: int) -> Iterator[PassingFact]:
        """What to tell now; each carries the id of the event before it."""
        while self._typing:
            yield msgspec.structs.replace(self._typing.popleft(), id=last)
        now = self._clock()
        for key, moved in list(self._moved.items()):
            if moved.state is FileState.MOVING and now - self._told.get(key, -PAUSE_S) < PAUSE_S:
                continue
            del self._moved[key]
            self._told[key] = now
            if moved.state is not FileState.MOVING:
                self._told.pop(key)
            yield msgspec.structs.replace(moved, id=last)
