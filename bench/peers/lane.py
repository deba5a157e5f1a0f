"""A lane: one sender and its receivers, and the count of what is on its way between them.

A slot is free when its message has reached every receiver and, where the protocol tells the sender anything, the sender
was told. A freed slot is filled at once: the loop is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Lane:
    """Counts for one sender. ``send`` hands that many messages to the server; the ends report what came back."""

    def __init__(self, receivers: int, *, told: bool) -> None:
        self.receivers = receivers
        self.told = told
        """Whether the protocol tells the sender that a message is taken."""
        self.send: Callable[[int], None] = _unset
        self.sent = 0
        self.acknowledged = 0
        self.outstanding = 0
        self.finished = 0
        """Messages that everybody has and the sender was told of."""
        self._counts = [0] * receivers
        self._low = 0
        self._waiting: asyncio.Future[None] | None = None
        self._until = 0

    @property
    def delivered(self) -> int:
        """Messages handed to receivers, each counted once per receiver."""
        return sum(self._counts)

    def took(self, receiver: int, count: int) -> None:
        """``receiver`` parsed ``count`` more messages."""
        counts = self._counts
        before = counts[receiver]
        counts[receiver] = before + count
        if before == self._low:
            self._low = min(counts)
            self._progress()

    def was_told(self, count: int) -> None:
        """The sender heard of ``count`` more of its messages."""
        self.acknowledged += count
        self._progress()

    def alone(self) -> None:
        """Nobody receives for now: a message is through when the sender was told, or is not waited for at all."""
        self._low = 2**62

    def open(self, outstanding: int) -> None:
        """Keep that many messages on their way from now on; 0: no more."""
        self.outstanding = outstanding
        self._refill()

    async def one(self) -> None:
        """Send one message and return when everybody has it and the sender was told."""
        await self.some(1)

    async def some(self, count: int) -> None:
        """Send ``count`` at once and return when all are through."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._until = self.sent + count
        self.sent += count
        self.send(count)
        await self._waiting

    async def drained(self) -> None:
        """Return when nothing is on its way any more; call after ``open(0)``."""
        if self.finished < self.sent:
            self._waiting = asyncio.get_running_loop().create_future()
            self._until = self.sent
            await self._waiting

    def _progress(self) -> None:
        self.finished = min(self._low, self.acknowledged) if self.told else self._low
        if self._waiting is not None and self.finished >= self._until:
            waiting, self._waiting = self._waiting, None
            if not waiting.done():
                waiting.set_result(None)
        if self.outstanding:
            self._refill()

    def _refill(self) -> None:
        free = self.outstanding - (self.sent - self.finished)
        if free > 0:
            self.sent += free
            self.send(free)


class Gathering:
    """Waits until ``count`` messages have been taken."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self.all: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def took(self, count: int) -> None:
        """So many more."""
        self._missing -= count
        if self._missing <= 0 and not self.all.done():
            self.all.set_result(None)


def _unset(count: int) -> None:
    raise AssertionError(f"{count} messages for a lane that was never connected")
