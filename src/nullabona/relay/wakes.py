"""Answers clients that wait for a wake token, as soon as an append wakes it (spec/relay.md §4.4).

The relay knows which token belongs to which box only from the arrival of an append until its frame has been handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import PendingWake
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, Reason, refuse
from nullabona.relay.core.wake_waiters import BatchAnswer, WakeWaiter, WakeWaiters
from nullabona.relay.metrics import Metrics
from nullabona.relay.wake_link import WakeLink
from nullabona.wire.messages import AwaitWake, Frames, encode
from nullabona.wire.wakes import wake_tokens

LOOK: Final = encode(Frames(b"", 0, ()))
"""The answer that only says: read the box."""


class WakeService:
    """Answers `AwaitWake`. Single-threaded, as `BoxService`. ``others()`` counts the requests that wait elsewhere.

    ``link``: other processes of the same relay, which report to this (`WakeReports`).
    """

    def __init__(
        self, limits: Limits, metrics: Metrics, others: Callable[[], int], link: WakeLink | None = None
    ) -> None:
        self._link = link
        if link is not None:
            link.report_to(self)
        self._limits = limits
        self._metrics = metrics
        self._others = others
        self._waiters: WakeWaiters[Caller] = WakeWaiters(limits.read_answer_bytes)
        self._joined: tuple[tuple[BatchAnswer, ...], bytes] = (), b""
        """What one client missed last, encoded as one answer: others that missed the same get the same bytes."""
        self._now = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._waiters)

    def await_wake(self, request: AwaitWake, caller: Caller, request_id: int) -> None:
        """Take a request; ``caller`` gets its one answer now or later."""
        self._metrics.requests["await_wake"] += 1
        waiter = self._waiters.find(caller, request.token)
        if waiter is not None:
            self._answer(waiter, LOOK)  # the newer request replaces one that was not answered yet
        body = self._meanwhile(waiter) if waiter is not None else b""
        wait_s = min(request.wait_s, caller.max_wait_s)
        if body or self._stopping or not wait_s:
            return caller.answer_encoded(request_id, body or LOOK)
        if waiter is None and (reason := self._too_many(caller)) is not None:
            self._metrics.refusals[reason.code] += 1
            return caller.answer(request_id, refuse(reason, 1))
        caller.budget.inflight -= 1
        if waiter is None:
            self._waiters.add(caller, request.token, request_id, self._now + wait_s)
            if self._link is not None:
                self._link.waits(anybody=True)
            return None
        return self._waiters.wait_again(waiter, request_id, self._now + wait_s)

    def wake(self, wakes: Sequence[PendingWake], answer: Callable[[], Frames]) -> None:
        """Answer all who wait for a token of one box with ``answer()``, encoded once: the box was appended to."""
        batch: BatchAnswer | None = None
        if not wakes or not wakes[0][1]:
            return  # an inbox has no tokens
        if self._link is not None:
            for secret, count, _ in wakes:
                self._link.wake(secret, count)
        if not self._waiters:
            return
        for secret, count, _ in wakes:
            for waiter in self._waiters.waiting_for(wake_tokens(secret, count)):
                if batch is None:
                    frames = answer()
                    batch = BatchAnswer(frames, encode(frames))
                if waiter.request_id is None:
                    self._waiters.miss(waiter, batch)
                else:
                    self._answer(waiter, LOOK if waiter.caller.is_full() else batch.body)

    def woken(self, secret: bytes, count: int) -> None:
        """A box was appended to at another process: its frames are not at hand."""
        self._blind(self._waiters.waiting_for(wake_tokens(secret, count)))

    def look(self) -> None:
        """Another process may have been appended to unheard."""
        self._blind([*self._waiters.everyone(), *self._waiters.resting()])

    def _blind(self, waiters: Iterable[WakeWaiter[Caller]]) -> None:
        for waiter in waiters:
            if waiter.request_id is None:
                self._waiters.miss_all(waiter)
            else:
                self._answer(waiter, LOOK)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds)."""
        self._now = now
        self._joined = (), b""
        self._waiters.forget_missed()
        for waiter in self._waiters.due(now):
            self._answer(waiter, LOOK)
        if self._link is not None:
            self._link.waits(anybody=bool(self._waiters))

    def leave(self, caller: Caller) -> None:
        """The caller is gone."""
        self._waiters.leave(caller)

    def stop(self) -> None:
        """Answer every waiting request, and later ones at once."""
        self._stopping = True
        for waiter in self._waiters.everyone():
            self._answer(waiter, LOOK)

    def _meanwhile(self, waiter: WakeWaiter[Caller]) -> bytes:
        """The answer for a client that waits again; empty if its token was not woken in between."""
        woken, missed = self._waiters.catch_up(waiter)
        if woken or (missed and waiter.caller.is_full()):
            return LOOK
        if len(missed) < 2:
            return missed[0].body if missed else b""
        if self._joined[0] != missed:
            frames = tuple(frame for batch in missed for frame in batch.answer.frames)
            last = missed[-1].answer
            self._joined = missed, encode(Frames(last.incarnation, last.head, frames))
        return self._joined[1]

    def _too_many(self, caller: Caller) -> Reason | None:
        limits = self._limits
        if self._waiters.count_of(caller) + caller.budget.waiting >= limits.waiting_per_connection:
            return SLOW_DOWN
        if len(self._waiters) + self._others() >= limits.waiting_total:
            return BUSY
        return None

    def _answer(self, waiter: WakeWaiter[Caller], body: bytes) -> None:
        request_id = self._waiters.rest(waiter, self._now)
        if request_id is not None:
            waiter.caller.budget.inflight += 1
            waiter.caller.answer_encoded(request_id, body)
