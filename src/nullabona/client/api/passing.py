"""Reports for one listener that no profile stores: who is writing, and the newest progress of each file."""

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
"""Least seconds between two progress reports of one file. The end of a transfer is always reported at once."""
_MOST: Final = 256
"""Most reports of writing that wait for a slow listener; older ones are dropped."""


class Passing:
    """Collects reports for one listener until it takes them with `due`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._typing: deque[Typing] = deque(maxlen=_MOST)
        self._moved: dict[tuple[bytes, bytes], Transfer] = {}
        self._told: dict[tuple[bytes, bytes], float] = {}

    def note(self, fact: PassingFact) -> None:
        """Collect a report; a newer one about the same file replaces the older."""
        match fact:
            case Typing():
                self._typing.append(fact)
            case Transfer():
                self._moved[fact.room, fact.message] = fact
            case _:
                assert_never(fact)

    def due(self, last: int) -> Iterator[PassingFact]:
        """The reports to give now. They have no id of their own: theirs is ``last``, that of the last stored event."""
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
