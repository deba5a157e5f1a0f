"""Boxes as a service: appends go to disk in batches, reads may wait (spec/relay.md §4).

Whatever arrived while one batch was being written is the next batch. Nothing is answered, or shown to a reader, before
its batch is kept. This module owns the order of writes; what a write means is decided in `core.boxes`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, Protocol, TypeAlias

from nullabona.relay.caller import Caller
from nullabona.relay.core.answers import select
from nullabona.relay.core.boxes import Draft, Head, Plan, head_of
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.heads import Heads
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, STOPPING, refuse
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.relay.metrics import Metrics
from nullabona.relay.store.interface import BoxStore, StoreFailed, StoreGone
from nullabona.relay.writer import Done, Work
from nullabona.wire.address import box_address
from nullabona.wire.messages import (
    Append,
    Appended,
    AnyResponse,
    Done as DoneAnswer,
    Frames,
    Read,
    Refusal,
    Request,
    Trim,
    encode,
)

HEADS: Final = 65_536
"""Heads kept in memory."""
BATCH_FRAMES: Final = 8_192
"""Most requests in one batch."""
SCRUB_S: Final = 2
"""Whole seconds between scrubs, so also how long the log of arrivals may grow."""
_NOTHING: Final = Frames(b"", 0, ())
_DONE: Final = DoneAnswer()

Operation: TypeAlias = Callable[[Any, Caller, int], None]
"""Takes a request; sooner or later gives ``caller`` its one answer."""


class Submits(Protocol):
    """Where work is written: `Writer` or `InlineWriter`."""

    def submit(self, work: Work, done: Done) -> None: ...
    def stop(self) -> None: ...


class BoxService:
    """Answers `Append`, `Read` and `Trim`. Single-threaded: every method is called on the loop.

    ``chance(bits)`` gives a random number, ``on_gone`` is told once when the store's files have vanished.
    """

    def __init__(
        self,
        store: BoxStore,
        writer: Submits,
        limits: Limits,
        metrics: Metrics,
        *,
        chance: Callable[[int], int],
        on_gone: Callable[[StoreGone], None],
    ) -> None:
        self._store = store
        self._writer = writer
        self._limits = limits
        self._metrics = metrics
        self._chance = chance
        self._on_gone = on_gone
        self._heads = Heads(HEADS)
        self._waiting: Waiting[Caller] = Waiting()
        self._queue: deque[tuple[Caller, int, bytes, bytes | int]] = deque()
        self._queued_bytes = 0
        self._writing = False
        self._woken = False
        self._chores: deque[tuple[Work, Callable[[], None]]] = deque()
        self._chore_next = False
        self._idle: asyncio.Future[None] | None = None
        self._now = 0
        self._day = 0
        self._scrub_at = 0
        self._stopping = False
        self._loop = asyncio.get_running_loop()

    def operations(self) -> Mapping[type[Request], Operation]:
        """The fast form of this service, without a task per request."""
        return {Append: self._append, Read: self._read, Trim: self._trim}

    def handlers(self) -> Mapping[type[Request], Callable[[Any], Awaitable[AnyResponse]]]:
        """The common form (`nullabona.wire.service.Service`)."""
        return {kind: _as_handler(operation, self._limits) for kind, operation in self.operations().items()}

    def tick(self, now: int, day: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds) on ``day``: answer who waited long enough, erase, scrub."""
        self._now = now
        for waiter in self._waiting.due(now):
            self._answer_waiter(waiter, ())
        if day != self._day:
            self._day = day
            self._begin_expiry(day)
        if now >= self._scrub_at:
            self._scrub_at = now + SCRUB_S
            self._chore(self._scrub)
        self._metrics.waiting_reads = len(self._waiting)

    def leave(self, caller: Caller) -> None:
        """The caller is gone; whatever it waited for is forgotten."""
        caller.budget.waiting -= len(self._waiting.leave(caller))

    async def stop(self) -> None:
        """Answer every waiting read with what there is, refuse what comes now, and return when all is written."""
        self._stopping = True
        for waiter in self._waiting.everyone():
            self._answer_waiter(waiter, ())
        if self._writing or self._queue:
            self._idle = self._loop.create_future()
            await self._idle

    # -- requests

    def _append(self, request: Append, caller: Caller, request_id: int) -> None:
        address = box_address(request.policy, request.read_hash, sha256(request.write_secret).digest())
        frame = request.frame
        refusal = caller.budget.touch(address, self._now) or self._room_for(len(frame))
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        self._queued_bytes += len(frame)
        self._queue.append((caller, request_id, address, frame))
        if not self._writing and not self._woken:
            self._wake_writer()
        return None

    def _trim(self, request: Trim, caller: Caller, request_id: int) -> None:
        address = box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)
        refusal = caller.budget.touch(address, self._now) or self._room_for(0)
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        self._queue.append((caller, request_id, address, request.upto))
        self._wake_writer()
        return None

    def _read(self, request: Read, caller: Caller, request_id: int) -> None:
        self._metrics.requests["read"] += 1
        address = box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)
        refusal = caller.budget.touch(address, self._now)
        if refusal is None and caller.is_full():
            refusal = refuse(SLOW_DOWN, 1)
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        try:
            answer, final = self._look(address, request.after, request.limit)
        except StoreFailed:
            return self._refuse(caller, request_id, refuse(BUSY, 1))
        wait_s = min(request.wait_s, caller.max_wait_s)
        if final or not wait_s or self._stopping:
            return caller.answer(request_id, answer)
        return self._wait(Waiter(caller, request_id, address, request.after, request.limit, self._now + wait_s))

    def _look(self, address: bytes, after: int, limit: int) -> tuple[Frames, bool]:
        """What there is now, and whether waiting would be wrong."""
        head = self._find(address)
        if head is None:
            return _NOTHING, after > 0
        last = head.next_seq - 1
        if after >= last:
            return Frames(head.incarnation, last, ()), after > last
        entries = self._store.read(head.num, after, limit, self._limits.read_answer_bytes)
        return Frames(head.incarnation, last, entries), bool(entries)

    def _wait(self, waiter: Waiter[Caller]) -> None:
        budget = waiter.caller.budget
        limits = self._limits
        if budget.waiting >= limits.waiting_per_connection:
            return self._refuse(waiter.caller, waiter.request_id, refuse(SLOW_DOWN, 1))
        if len(self._waiting) >= limits.waiting_total:
            return self._refuse(waiter.caller, waiter.request_id, refuse(BUSY, 10))
        budget.inflight -= 1
        budget.waiting += 1
        self._waiting.add(waiter)
        return None

    def _room_for(self, size: int) -> Refusal | None:
        if self._stopping:
            return refuse(STOPPING, 5)
        if self._queued_bytes + size > self._limits.queue_bytes:
            return refuse(BUSY, 1)
        return None

    def _refuse(self, caller: Caller, request_id: int, refusal: Refusal) -> None:
        self._metrics.refusals[refusal.code] += 1
        caller.answer(request_id, refusal)

    # -- boxes

    def find(self, address: bytes, day: int) -> Head | None:
        """The box as readers see it now (`core.boxes.Shelf`)."""
        head = self._heads.get(address)
        if head is None:
            stored = self._store.find(address, day + self._limits.retention_days)
            if stored is None:
                return None
            head = head_of(stored, day)
            self._heads.put(address, head)
        return head

    def is_taken(self, num: int) -> bool:
        """Whether a box has this number (`core.boxes.Shelf`)."""
        return self._store.is_taken(num)

    def _find(self, address: bytes) -> Head | None:
        return self.find(address, self._day)

    # -- writing

    def _wake_writer(self) -> None:
        if not self._woken and not self._writing:
            self._woken = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Begin the next piece of work, batches and chores taking turns."""
        self._woken = False
        if self._writing:
            return
        if self._chores and (self._chore_next or not self._queue):
            self._chore_next = False
            work, after = self._chores.popleft()
            self._write(work, lambda error: self._chore_done(error, after))
        elif self._queue:
            self._chore_next = True
            self._seal()
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _write(self, work: Work, done: Done) -> None:
        def finished(error: Exception | None) -> None:
            self._writing = False
            if isinstance(error, StoreGone):
                self._on_gone(error)
            done(error)
            if self._queue or self._chores or self._idle is not None:
                self._wake_writer()

        self._writing = True
        self._writer.submit(work, finished)

    def _seal(self) -> None:
        """Make a batch of what is queued and hand it to the writer."""
        plan = Plan(self, self._limits, self._day, self._chance)
        answers: list[tuple[Caller, int, AnyResponse]] = []
        queue = self._queue
        for _ in range(min(len(queue), BATCH_FRAMES)):
            caller, request_id, address, what = queue.popleft()
            try:
                if isinstance(what, bytes):
                    self._queued_bytes -= len(what)
                    answer: AnyResponse = plan.append(address, what)
                else:
                    plan.trim(address, what)
                    answer = _DONE
            except StoreFailed:
                answer = refuse(BUSY, 1)
            answers.append((caller, request_id, answer))
        batch = plan.batch
        self._write(lambda: self._store.commit(batch), lambda error: self._kept(error, plan, answers))

    def _kept(self, error: Exception | None, plan: Plan, answers: list[tuple[Caller, int, AnyResponse]]) -> None:
        if error is not None:
            return self._not_kept(error, answers)
        plan.settle()
        self._count(plan)
        for address, draft in plan.drafts.items():
            self._heads.put(address, draft.head)
        for caller, request_id, answer in answers:
            if type(answer) is Refusal:
                self._metrics.refusals[answer.code] += 1
            caller.answer(request_id, answer)
        for address, draft in plan.drafts.items():
            if draft.bodies:
                self._deliver(address, draft)
        return None

    def _not_kept(self, error: Exception, answers: list[tuple[Caller, int, AnyResponse]]) -> None:
        """Nobody is told that anything was kept. What the store really holds is asked afresh from now on."""
        self._heads.forget()
        self._metrics.faults["commit"] += 1
        refusal = refuse(STOPPING, 5) if isinstance(error, StoreGone) else refuse(BUSY, 1)
        for caller, request_id, answer in answers:
            self._refuse(caller, request_id, answer if isinstance(answer, Refusal) else refusal)

    def _count(self, plan: Plan) -> None:
        metrics = self._metrics
        metrics.batches += 1
        metrics.requests["trim"] += len(plan.batch.trims)
        metrics.requests["append"] += len(plan.batch.frames)
        metrics.frames_kept += len(plan.batch.frames)
        metrics.frame_bytes_kept += sum(len(body) for _, _, body in plan.batch.frames)

    # -- delivering

    def _deliver(self, address: bytes, draft: Draft) -> None:
        encoded: dict[tuple[int, int], bytes] = {}
        waiters = self._waiting.wake(address)
        for waiter in waiters:
            if len(waiters) == 1:
                self._answer_waiter(waiter, self._fresh(draft, waiter))
                continue
            key = (waiter.after, waiter.limit)
            if key not in encoded:
                encoded[key] = encode(self._frames(draft.head, self._fresh(draft, waiter)))
            self._release(waiter)
            self._send_encoded(waiter, draft.head, encoded[key])

    def _fresh(self, draft: Draft, waiter: Waiter[Caller]) -> tuple[tuple[int, bytes], ...]:
        """The frames a woken reader gets; from the store if it is behind what this batch brought."""
        max_bytes = self._limits.read_answer_bytes
        if waiter.after >= draft.first_seq - 1:
            return select(draft.bodies, waiter.after, waiter.limit, max_bytes)
        try:
            return self._store.read(draft.head.num, waiter.after, waiter.limit, max_bytes)
        except StoreFailed:
            return ()

    def _answer_waiter(self, waiter: Waiter[Caller], entries: tuple[tuple[int, bytes], ...]) -> None:
        self._release(waiter)
        try:
            head = self._find(waiter.address)
        except StoreFailed:
            return self._refuse(waiter.caller, waiter.request_id, refuse(BUSY, 1))
        if waiter.caller.is_full():
            entries = ()
        return waiter.caller.answer(waiter.request_id, self._frames(head, entries))

    def _send_encoded(self, waiter: Waiter[Caller], head: Head, body: bytes) -> None:
        if waiter.caller.is_full():
            waiter.caller.answer(waiter.request_id, self._frames(head, ()))
        else:
            waiter.caller.answer_encoded(waiter.request_id, body)

    @staticmethod
    def _release(waiter: Waiter[Caller]) -> None:
        waiter.caller.budget.waiting -= 1
        waiter.caller.budget.inflight += 1

    @staticmethod
    def _frames(head: Head | None, entries: tuple[tuple[int, bytes], ...]) -> Frames:
        return _NOTHING if head is None else Frames(head.incarnation, head.next_seq - 1, entries)

    # -- chores

    def _chore(self, work: Work, after: Callable[[], None] = lambda: None) -> None:
        self._chores.append((work, after))
        self._wake_writer()

    def _chore_done(self, error: Exception | None, after: Callable[[], None]) -> None:
        if error is not None:
            self._metrics.faults["chore"] += 1
        else:
            after()

    def _scrub(self) -> None:
        self._store.check()
        self._store.scrub()

    def _begin_expiry(self, day: int) -> None:
        steps = iter(self._store.expire(day))
        self._chore(*self._expiry_step(steps))

    def _expiry_step(self, steps: Iterator[None]) -> tuple[Work, Callable[[], None]]:
        ended = False

        def work() -> None:
            nonlocal ended
            ended = next(steps, False) is False

        def after() -> None:
            self._heads.forget()
            if ended:
                self._chore(self._store.rewrite)
            else:
                self._chore(*self._expiry_step(steps))

        return work, after


class _Asker:
    """A caller that waits for one answer in this process."""

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.max_wait_s = limits.wait_s
        self.future: asyncio.Future[AnyResponse] = asyncio.get_running_loop().create_future()

    def answer(self, request_id: int, response: AnyResponse) -> None:
        if not self.future.done():
            self.future.set_result(response)

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        from nullabona.wire.messages import decode_response  # noqa: PLC0415

        self.answer(request_id, decode_response(body))

    def is_full(self) -> bool:
        return False


def _as_handler(operation: Operation, limits: Limits) -> Callable[[Any], Awaitable[AnyResponse]]:
    async def handle(request: Request) -> AnyResponse:
        asker = _Asker(limits)
        operation(request, asker, 0)
        return await asker.future

    return handle
