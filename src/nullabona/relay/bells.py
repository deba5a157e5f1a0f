"""Bells as a service: whoever listens is answered when an append rings (spec/relay.md §4.4).

What ties a bell to its box is known from an append's arrival until its frame has been handed out, and then forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.listening import Listener, Listening
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
        self._listening: Listening[Caller] = Listening()
        self._now = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._listening)

    def listen(self, request: Listen, caller: Caller, request_id: int) -> None:
        """Take a request; sooner or later give ``caller`` its one answer."""
        self._metrics.requests["listen"] += 1
        listener = self._listening.find(caller, request.bell)
        if listener is not None and listener.request_id is not None:
            self._look(listener)  # asked again before it was answered: the newer request takes its place
        wait_s = min(request.wait_s, caller.max_wait_s)
        if self._stopping or not wait_s or (listener is not None and listener.rang):
            if listener is not None:
                listener.rang = False
            return caller.answer_encoded(request_id, LOOK)
        if listener is None and (reason := self._too_many(caller)) is not None:
            self._metrics.refusals[reason.code] += 1
            return caller.answer(request_id, refuse(reason, 1))
        caller.budget.inflight -= 1
        if listener is None:
            return self._listening.add(caller, request.bell, request_id, self._now + wait_s)
        return self._listening.listen(listener, request_id, self._now + wait_s)

    def ring(self, rung: Iterable[tuple[bytes, int]], answer: Callable[[], Frames]) -> None:
        """Hand ``answer()``, encoded once, to everybody who listens for a bell of one box that was appended to."""
        body = b""
        for secret, count in rung:
            for listener in self._listening.ring(bells(secret, count)):
                body = body or encode(answer())
                self._answer(listener, LOOK if listener.caller.is_full() else body)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds)."""
        self._now = now
        for listener in self._listening.due(now):
            self._look(listener)

    def leave(self, caller: Caller) -> None:
        """The caller is gone."""
        self._listening.leave(caller)

    def stop(self) -> None:
        """Answer everybody who listens, and whoever comes now at once."""
        self._stopping = True
        for listener in self._listening.everyone():
            self._look(listener)

    def _too_many(self, caller: Caller) -> Reason | None:
        limits = self._limits
        if self._listening.count_of(caller) + caller.budget.waiting >= limits.waiting_per_connection:
            return SLOW_DOWN
        if len(self._listening) + self._others() >= limits.waiting_total:
            return BUSY
        return None

    def _look(self, listener: Listener[Caller]) -> None:
        self._answer(listener, LOOK)

    def _answer(self, listener: Listener[Caller], body: bytes) -> None:
        request_id = self._listening.rest(listener, self._now)
        if request_id is not None:
            listener.caller.budget.inflight += 1
            listener.caller.answer_encoded(request_id, body)
