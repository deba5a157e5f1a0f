"""Peals as a service: whoever hears all that rings is told of it several times a second (spec/relay.md §4.5).

Everybody who hears is told the same, so what the relay knows of them is that they are there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import Rung
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.pealing import Pealing
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, Reason, refuse
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.relay.metrics import Metrics
from nullabona.wire.messages import MARK_SIZE, Hear, Pealed, encode

PEAL_S: Final = 0.2
"""A peal is over so long after the first bell in it, at the earliest."""
HEARER_S: Final = 50e-6
"""And so long for each who waits for it: about twice what it takes to answer them and to take what they ask next
(docs/capacity.md), so that however many hear, the process has time for the rest. They all hear that much later.
"""
KEEP_S: Final = 12 * 3_600
"""Whole seconds for which peals are remembered, and go on after somebody heard last: who was away for a night learns
what rang, unless that is more than `Limits.peal_bytes`.
"""
_HOUR_S: Final = 3_600
ANSWER_BYTES: Final = 2**18
"""Bytes of peals in one answer, about."""
_ALL: Final = b""
"""What everybody waits for."""


def peal_s(hearers: int) -> float:
    """How long a peal is that so many wait for."""
    return max(PEAL_S, hearers * HEARER_S)


class Peals:
    """Answers `Hear`. Single-threaded, as `BoxService`. ``others()`` is how many wait for something else."""

    def __init__(
        self, limits: Limits, metrics: Metrics, chance: Callable[[int], int], others: Callable[[], int]
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._others = others
        self._pealing = Pealing(chance, limits.peal_bytes)
        self._waiting: Waiting[Caller] = Waiting()
        self._heard = False
        """Whether somebody hears, or did lately."""
        self._until = 0
        self._hours: deque[tuple[int, int]] = deque()
        """The number of the last peal at each hour."""
        self._closing: asyncio.TimerHandle | None = None
        self._begun = 0.0
        """When the first bell of this peal rang."""
        self._now = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._waiting)

    def hear(self, request: Hear, caller: Caller, request_id: int) -> None:
        """Take a request; sooner or later give ``caller`` its one answer."""
        self._metrics.requests["hear"] += 1
        for waiter in self._waiting.leave(caller):
            self._answer(waiter)  # asked again before it was answered: the newer request takes its place
        self._heard, self._until = True, self._now + KEEP_S
        answer = self._told(request.after, caller)
        wait_s = min(request.wait_s, caller.max_wait_s)
        if answer.peals or answer.first != request.after + 1 or self._stopping or not wait_s:
            return caller.answer(request_id, answer)
        budget = caller.budget
        if budget.waiting >= self._limits.waiting_per_connection:
            return self._refuse(caller, request_id, SLOW_DOWN, 1)
        if len(self._waiting) + self._others() >= self._limits.waiting_total:
            return self._refuse(caller, request_id, BUSY, 10)
        budget.inflight -= 1
        budget.waiting += 1
        return self._waiting.add(Waiter(caller, request_id, _ALL, request.after, 0, self._now + wait_s))

    def ring(self, rung: Iterable[Rung], box: int, *, new: bool) -> None:
        """A box was appended to, with these secrets of bells; ``new``: and begins with that."""
        if not self._heard:
            return
        for secret, _, source in rung:
            if self._pealing.ring(secret, box, source, new=new):
                loop = asyncio.get_running_loop()
                self._begun = loop.time()
                self._closing = loop.call_later(PEAL_S, self._close_in_time)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds)."""
        self._now = now
        for waiter in self._waiting.due(now):
            self._answer(waiter)
        if self._waiting:
            self._until = now + KEEP_S
        if self._heard and now >= self._until:
            self._heard = False
            self._end_peal()
            self._pealing.forget()
        self._grow_old(now)

    def leave(self, caller: Caller) -> None:
        """The caller is gone."""
        caller.budget.waiting -= len(self._waiting.leave(caller))

    def stop(self) -> None:
        """Answer everybody who hears, and whoever comes now at once."""
        self._stopping = True
        self._end_peal()
        for waiter in self._waiting.everyone():
            self._answer(waiter)

    def _grow_old(self, now: int) -> None:
        if not self._hours or now - self._hours[-1][0] >= _HOUR_S:
            self._hours.append((now, self._pealing.head))
        while self._hours and now - self._hours[0][0] >= KEEP_S:
            self._pealing.forget_before(self._hours.popleft()[1] + 1)

    def _close_in_time(self) -> None:
        """Close, unless so many wait by now that it has to be later. Who was just answered is not back at once."""
        loop = asyncio.get_running_loop()
        left = self._begun + peal_s(len(self._waiting)) - loop.time()
        if left > 0:
            self._closing = loop.call_later(left, self._close_in_time)
        else:
            self._close()

    def _close(self) -> None:
        self._closing = None
        self._pealing.close(self._most_marks())
        bodies: dict[int, bytes] = {}
        for waiter in self._waiting.wake(_ALL):
            if waiter.caller.is_full():
                self._answer(waiter)
                continue
            if waiter.after not in bodies:
                bodies[waiter.after] = encode(self._told(waiter.after, waiter.caller))
            self._release(waiter)
            waiter.caller.answer_encoded(waiter.request_id, bodies[waiter.after])

    def _most_marks(self) -> int:
        """How many marks everybody is told of the peal that ends now: the longer it was, the more."""
        lasted = max(PEAL_S, asyncio.get_running_loop().time() - self._begun)
        return max(1, int(lasted * self._limits.peal_bytes_per_s) // MARK_SIZE)

    def _end_peal(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._close()

    def _told(self, after: int, caller: Caller) -> Pealed:
        """What there is after a number; to somebody who does not take what is sent, that they missed it."""
        if caller.is_full():
            return Pealed(self._pealing.head + 1, ())
        return self._pealing.after(after, ANSWER_BYTES)

    def _answer(self, waiter: Waiter[Caller]) -> None:
        self._release(waiter)
        waiter.caller.answer(waiter.request_id, self._told(waiter.after, waiter.caller))

    def _refuse(self, caller: Caller, request_id: int, reason: Reason, retry_after_s: int) -> None:
        self._metrics.refusals[reason.code] += 1
        caller.answer(request_id, refuse(reason, retry_after_s))

    @staticmethod
    def _release(waiter: Waiter[Caller]) -> None:
        waiter.caller.budget.waiting -= 1
        waiter.caller.budget.inflight += 1
