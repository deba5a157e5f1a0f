"""Sends activity digests, several times a second, to every client that asks for them (spec/relay.md §4.5).

A client polls, with a question for each answer, or follows, with one question for all of them.

All of them are sent the same, so the relay knows of these clients only that they are there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import PendingWake
from nullabona.relay.core.digests import Digests
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, UNSUPPORTED, Reason, refuse
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.relay.digest_log import DigestLog
from nullabona.relay.following import Followers
from nullabona.relay.metrics import Metrics
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, FollowActivity, PollActivity, encode

DIGEST_S: Final = 0.2
"""Seconds from the first activity in a digest until it is closed, at the earliest."""
CLIENT_S: Final = 50e-6
"""Seconds a digest lasts for each client that waits for it: about twice what it takes to answer one that polls and to
take its next request, and five times what it takes to tell one that follows (docs/capacity.md). However many there are,
half of the process's time is left for the rest.
"""
KEEP_S: Final = 12 * 3_600
"""Whole seconds for which digests are remembered, and for which they go on after the last poll. A client that was away
for a night learns what happened, unless that is more than `Limits.activity_bytes`.
"""
_HOUR_S: Final = 3_600
ANSWER_BYTES: Final = 2**18
"""Bytes of digests in one answer, about."""
_ALL: Final = b""
"""The one address that every poller waits for."""


def digest_s(clients: int) -> float:
    """How long a digest lasts that so many wait for."""
    return max(DIGEST_S, clients * CLIENT_S)


class ActivityService:
    """Answers `PollActivity` and `FollowActivity`. Single-threaded, as `BoxService`.

    ``others()`` counts other waiting requests. ``digests``: those that are shared with other processes, which report to
    this (`DigestReports`).
    """

    def __init__(
        self,
        limits: Limits,
        metrics: Metrics,
        rng: Callable[[int], int],
        others: Callable[[], int],
        digests: DigestLog | None = None,
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._others = others
        self._digests: DigestLog = Digests(rng, limits.activity_bytes) if digests is None else digests
        self._digests.report_to(self)
        self._waiting: Waiting[Caller] = Waiting()
        self._followers = Followers(self._digests_to_follow)
        self._polled = False
        """Whether a client polls, or did lately."""
        self._until = 0
        self._hours: deque[tuple[int, int]] = deque()
        """The number of the last digest at each hour."""
        self._closing: asyncio.TimerHandle | None = None
        self._begun = 0.0
        """When the activity of the open digest began."""
        self._late = 0.0
        """Seconds that another process is given to close it before this one does."""
        self._now = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._followers)

    def poll(self, request: PollActivity, caller: Caller, request_id: int) -> None:
        """Take a request; ``caller`` gets its one answer now or later."""
        self._metrics.requests["poll_activity"] += 1
        self._begin(caller)
        answer = self._digests_after(request.after, caller)
        wait_s = min(request.wait_s, caller.max_wait_s)
        if answer.digests or answer.first != request.after + 1 or self._stopping or not wait_s:
            return caller.answer(request_id, answer)
        if not self._may_wait(caller, request_id):
            return None
        return self._waiting.add(Waiter(caller, request_id, _ALL, request.after, 0, self._now + wait_s))

    def follow(self, request: FollowActivity, caller: Caller, request_id: int) -> None:
        """Take a request; ``caller`` gets an answer now, and one for each digest until it asks again or is gone."""
        self._metrics.requests["follow_activity"] += 1
        if not caller.may_follow:
            return self._refuse(caller, request_id, UNSUPPORTED, 0)
        self._begin(caller)
        if not self._may_wait(caller, request_id):
            return None
        caller.keep_little()
        return self._followers.add(caller, request_id, request.after)

    def record(self, wakes: Iterable[PendingWake], box: int, *, new: bool) -> None:
        """A box was appended to, with these wake secrets; ``new``: and begins with that."""
        if not self._polled and not self._digests.shared:
            return
        for secret, _, source in wakes:
            if self._digests.record(secret, box, source, new=new):
                self.begun()

    def omit(self) -> None:
        """Something came to an inbox of which no tag tells: a digest says so."""
        if (self._polled or self._digests.shared) and self._digests.omit():
            self.begun()

    def begun(self, late_s: float = 0) -> None:
        """A digest is open: close it in time, or ``late_s`` after that if nobody else has."""
        loop = asyncio.get_running_loop()
        self._cancel()
        self._begun, self._late = loop.time(), late_s
        self._closing = loop.call_later(DIGEST_S + late_s, self._close_in_time)

    def closed(self) -> None:
        """Tell everyone who waits."""
        bodies: dict[int, bytes] = {}
        for waiter in self._waiting.wake(_ALL):
            if waiter.caller.is_full():
                self._answer(waiter)
                continue
            if waiter.after not in bodies:
                bodies[waiter.after] = encode(self._digests_after(waiter.after, waiter.caller))
            self._release(waiter)
            waiter.caller.answer_encoded(waiter.request_id, bodies[waiter.after])
        self._followers.tell(self._digests.head)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds)."""
        self._now = now
        for waiter in self._waiting.due(now):
            self._answer(waiter)
        self._followers.tell_those_behind()
        if len(self):
            self._until = now + KEEP_S
        if self._digests.shared:
            return
        if self._polled and now >= self._until:
            self._polled = False
            self._end_digest()
            self._digests.forget()
        self._grow_old(now)

    def leave(self, caller: Caller) -> None:
        """The caller is gone."""
        caller.budget.waiting -= len(self._waiting.leave(caller)) + self._followers.leave(caller)

    def stop(self) -> None:
        """Answer every waiting request, and later ones at once."""
        self._stopping = True
        self._end_digest()
        for waiter in self._waiting.everyone():
            self._answer(waiter)

    def _begin(self, caller: Caller) -> None:
        """A client asks: its newer question replaces one that it asked before."""
        for waiter in self._waiting.leave(caller):
            self._answer(waiter)
        caller.budget.waiting -= self._followers.leave(caller)
        self._polled, self._until = True, self._now + KEEP_S

    def _may_wait(self, caller: Caller, request_id: int) -> bool:
        """Count one more who waits, or refuse it."""
        budget = caller.budget
        if budget.waiting >= self._limits.waiting_per_connection:
            self._refuse(caller, request_id, SLOW_DOWN, 1)
            return False
        if len(self) + self._others() >= self._limits.waiting_total:
            self._refuse(caller, request_id, BUSY, 10)
            return False
        budget.inflight -= 1
        budget.waiting += 1
        return True

    def _grow_old(self, now: int) -> None:
        if not self._hours or now - self._hours[-1][0] >= _HOUR_S:
            self._hours.append((now, self._digests.head))
        while self._hours and now - self._hours[0][0] >= KEEP_S:
            self._digests.forget_before(self._hours.popleft()[1] + 1)

    def _close_in_time(self) -> None:
        """Close, unless so many wait by now that it must be later. Clients just answered take time to return."""
        loop = asyncio.get_running_loop()
        left = self._begun + digest_s(len(self)) + self._late - loop.time()
        if left > 0:
            self._closing = loop.call_later(left, self._close_in_time)
        else:
            self._close()

    def _close(self) -> None:
        self._closing = None
        if self._digests.close(self._most_tags()):
            self.closed()

    def _cancel(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _most_tags(self) -> int:
        """How many tags the digest that ends now may have: the longer it was, the more."""
        lasted = max(DIGEST_S, asyncio.get_running_loop().time() - self._begun)
        return max(1, int(lasted * self._limits.activity_bytes_per_s) // ACTIVITY_TAG_SIZE)

    def _end_digest(self) -> None:
        if self._closing is not None:
            self._cancel()
            self._close()

    def _digests_after(self, after: int, caller: Caller) -> ActivityDigests:
        """The digests after a number; a client that does not read its answers is told that it missed them."""
        full = caller.is_full()
        answer = ActivityDigests(self._digests.head + 1, ()) if full else self._digests.after(after, ANSWER_BYTES)
        return self._digests.signed(answer, brief=False)

    def _digests_to_follow(self, after: int) -> ActivityDigests:
        answer = self._digests.after(after, ANSWER_BYTES)
        return self._digests.signed(answer, brief=answer.first == after + 1)

    def _answer(self, waiter: Waiter[Caller]) -> None:
        self._release(waiter)
        waiter.caller.answer(waiter.request_id, self._digests_after(waiter.after, waiter.caller))

    def _refuse(self, caller: Caller, request_id: int, reason: Reason, retry_after_s: int) -> None:
        self._metrics.refusals[reason.code] += 1
        caller.answer(request_id, refuse(reason, retry_after_s))

    @staticmethod
    def _release(waiter: Waiter[Caller]) -> None:
        waiter.caller.budget.waiting -= 1
        waiter.caller.budget.inflight += 1
