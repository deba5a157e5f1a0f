"""The answers to a request that has many. Who takes them slowly is sent no more, instead of holding what comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from nullabona.errors import PeerError
from nullabona.wire.messages import AnyResponse

MOST_WAITING: Final = 16
"""While so many answers wait to be taken, nothing more is read from the connection."""


class Answers:
    """Answers in their order. ``pause`` stops the reading of their connection, ``resume`` goes on with it."""

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause, self._resume = pause, resume
        self._waiting: deque[AnyResponse] = deque()
        self._held_back = False
        self._came = asyncio.Event()
        self._error: PeerError | None = None

    @property
    def waiting(self) -> int:
        """How many answers have come and were not taken yet."""
        return len(self._waiting)

    async def take(self) -> AnyResponse:
        """The next answer, as soon as it comes. Raises why the connection ended, once all that came was taken."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._came.clear()
            await self._came.wait()
        answer = self._waiting.popleft()
        if self._held_back and not self._waiting:
            self._held_back = False
            self._resume()
        return answer

    def put(self, answer: AnyResponse) -> None:
        """One came."""
        self._waiting.append(answer)
        self._came.set()
        if len(self._waiting) >= MOST_WAITING and not self._held_back:
            self._held_back = True
            self._pause()

    def end(self, error: PeerError) -> None:
        """No more will come."""
        self._error = error
        self._came.set()
