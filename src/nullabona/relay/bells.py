"""Bells as a service: whoever listens is answered when an append rings (spec/relay.md §4.4).

What ties a bell to its box is known from an append's arrival until its frame has been handed out, and then forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import Rung
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.listening import Listener, Listening, Ring
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, Reason, refuse
from nullabona.relay.metrics import Metrics
from nullabona.wire.bells import bells
from nullabona.wire.messages import Frames, Listen, encode

LOOK: Final = encode(Frames(b"", 0, ()))
"""The answer that says no more than: look into the box."""


class Bells:
    """Answers `Listen`. Single-threaded, as `BoxService`. ``others()`` is how many reads wait beside."""

    def __init__(self, limits: Limits, metrics: Metrics, others: Callable[[], int]) -> None:
        self._limits = limits
        self._metrics = metrics
        self._others = others
        self._listening: Listening[Caller] = Listening(limits.read_answer_bytes)
        self._joined: tuple[tuple[Ring, ...], bytes] = (), b""
        """What somebody missed last, in one answer: whoever else missed it is handed the same."""
        self._now = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._listening)

    def listen(self, request: Listen, caller: Caller, request_id: int) -> None:
        """Take a request; sooner or later give ``caller`` its one answer."""
        self._metrics.requests["listen"] += 1
        listener = self._listening.find(caller, request.bell)
        if listener is not None:
            self._answer(listener, LOOK)  # asked again before it was answered: the newer request takes its place
        body = self._meanwhile(listener) if listener is not None else b""
        wait_s = min(request.wait_s, caller.max_wait_s)
        if body or self._stopping or not wait_s:
            return caller.answer_encoded(request_id, body or LOOK)
        if listener is None and (reason := self._too_many(caller)) is not None:
            self._metrics.refusals[reason.code] += 1
            return caller.answer(request_id, refuse(reason, 1))
        caller.budget.inflight -= 1
        if listener is None:
            return self._listening.add(caller, request.bell, request_id, self._now + wait_s)
        return self._listening.listen(listener, request_id, self._now + wait_s)

    def ring(self, rung: Iterable[Rung], answer: Callable[[], Frames]) -> None:
        """Hand ``answer()``, encoded once, to everybody who listens for a bell of one box that was appended to."""
        ring: Ring | None = None
        if not self._listening:
            return
        for secret, count, _ in rung:
            for listener in self._listening.ring(bells(secret, count)):
                if ring is None:
                    told = answer()
                    ring = Ring(told, encode(told))
                if listener.request_id is None:
                    self._listening.miss(listener, ring)
                else:
                    self._answer(listener, LOOK if listener.caller.is_full() else ring.body)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds)."""
        self._now = now
        self._joined = (), b""
        self._listening.forget_missed()
        for listener in self._listening.due(now):
            self._answer(listener, LOOK)

    def leave(self, caller: Caller) -> None:
        """The caller is gone."""
        self._listening.leave(caller)

    def stop(self) -> None:
        """Answer everybody who listens, and whoever comes now at once."""
        self._stopping = True
        for listener in self._listening.everyone():
            self._answer(listener, LOOK)

    def _meanwhile(self, listener: Listener[Caller]) -> bytes:
        """The answer for somebody who listens again; empty if nothing rang."""
        rang, missed = self._listening.catch_up(listener)
        if rang or (missed and listener.caller.is_full()):
            return LOOK
        if len(missed) < 2:
            return missed[0].body if missed else b""
        if self._joined[0] != missed:
            frames = tuple(frame for ring in missed for frame in ring.answer.frames)
            last = missed[-1].answer
            self._joined = missed, encode(Frames(last.incarnation, last.head, frames))
        return self._joined[1]

    def _too_many(self, caller: Caller) -> Reason | None:
        limits = self._limits
        if self._listening.count_of(caller) + caller.budget.waiting >= limits.waiting_per_connection:
            return SLOW_DOWN
        if len(self._listening) + self._others() >= limits.waiting_total:
            return BUSY
        return None

    def _answer(self, listener: Listener[Caller], body: bytes) -> None:
        request_id = self._listening.rest(listener, self._now)
        if request_id is not None:
            listener.caller.budget.inflight += 1
            listener.caller.answer_encoded(request_id, body)
