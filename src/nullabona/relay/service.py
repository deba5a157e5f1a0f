"""Boxes as a service: appends go to disk in batches, reads may wait (spec/relay.md §4).

Whatever arrived while one batch was being written is the next batch. Nothing is answered, or shown to a reader, before
its batch is kept. This module owns the order of writes; what a write means is decided in `core.boxes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final

from nullabona.relay.activity import ActivityService
from nullabona.relay.asking import Operation, as_handler
from nullabona.relay.caller import Caller
from nullabona.relay.core.answers import select
from nullabona.relay.core.boxes import Draft, Head, Plan
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.pool import Pool
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, STOPPING, refuse
from nullabona.relay.core.space import Space
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.relay.journal import Answers, Journal, Submits
from nullabona.relay.metrics import Metrics
from nullabona.relay.shelf import StoreShelf
from nullabona.relay.store.interface import BoxStore, StoreFailed, StoreGone
from nullabona.relay.wakes import WakeService
from nullabona.wire.address import box_address
from nullabona.wire.messages import (
    MAX_READ_LIMIT,
    POLICY_INBOX,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    Frames,
    PollActivity,
    Read,
    Refusal,
    Request,
    Trim,
    encode,
)

SCRUB_S: Final = 2
"""Whole seconds between two scrubs, which also bounds how long the log of arrivals grows."""
FEW_TOKENS: Final = 64
"""An append that wakes no more tokens than this costs no more than any append."""
_BODY: Final = itemgetter(2)
_NOTHING: Final = Frames(b"", 0, ())


class BoxService:
    """Answers `Append`, `Read`, `AwaitWake`, `PollActivity` and `Trim`. Single-threaded: every method is called on the
    loop.

    ``rng(bits)`` gives a random number, ``on_gone`` is told once when the store's files have vanished.
    """

    def __init__(
        self,
        store: BoxStore,
        writer: Submits,
        limits: Limits,
        metrics: Metrics,
        *,
        rng: Callable[[int], int],
        on_gone: Callable[[StoreGone], None],
        space: Space | None = None,
    ) -> None:
        self._store = store
        self._space = space or Space(limits)
        self._limits = limits
        self._metrics = metrics
        self._rng = rng
        self._shelf = StoreShelf(store, limits.retention_days)
        self._journal = Journal(
            store,
            writer,
            plan=self._plan,
            kept=self._kept,
            failed=self._failed,
            gone=on_gone,
            chored=self._chore_done,
            most_bytes=limits.queue_bytes,
        )
        self._waiting: Waiting[Caller] = Waiting()
        self._all_wakes = Pool(limits.wakes_total_per_minute, limits.wakes_total_per_minute / 60)
        self._wakes = WakeService(limits, metrics, lambda: len(self._waiting) + len(self._activity))
        self._activity = ActivityService(limits, metrics, rng, lambda: len(self._waiting) + len(self._wakes))
        self._before: tuple[Caller, tuple[bytes, bytes, int], bytes] | None = None
        """The caller of the last append, its secrets and its address; forgotten when the next batch begins."""
        self._now = 0
        self._day = 0
        self._scrub_at = 0
        self._expire_again = False
        self._stopping = False
        self.cannot_write = False
        """Whether the last batch could not be stored."""

    def operations(self) -> Mapping[type[Request], Operation]:
        """The fast form of this service, without a task per request."""
        return {
            Append: self._append,
            Read: self._read,
            AwaitWake: self._wakes.await_wake,
            PollActivity: self._activity.poll,
            Trim: self._trim,
        }

    def handlers(self) -> Mapping[type[Request], Callable[[Any], Awaitable[AnyResponse]]]:
        """The same for callers in this process, as `nullabona.wire.service` describes handlers."""
        return {kind: as_handler(operation, self._limits) for kind, operation in self.operations().items()}

    def tick(self, now: int, day: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds) on ``day``: end waits, erase, scrub."""
        self._now = now
        self._space.renew(self._store.disk(), day, self._journal.under_way)
        for waiter in self._waiting.due(now):
            self._answer_waiter(waiter, ())
        self._wakes.tick(now)
        self._activity.tick(now)
        if day != self._day:
            self._expire(day, rewrite=self._day > 0)
            self._day = day
        if now >= self._scrub_at:
            self._scrub_at = now + SCRUB_S
            if self._expire_again:
                self._expire_again = False
                self._expire(day, rewrite=False)
            self._journal.chore(self._scrub, self._chore_done)
        self._metrics.waiting_reads = self._waiters()

    def leave(self, caller: Caller) -> None:
        """The caller is gone: forget its waiting requests."""
        caller.budget.waiting -= len(self._waiting.leave(caller))
        self._wakes.leave(caller)
        self._activity.leave(caller)

    async def stop(self) -> None:
        """Answer every waiting read, refuse new requests, and return when everything is written."""
        self._stopping = True
        for waiter in self._waiting.everyone():
            self._answer_waiter(waiter, ())
        self._wakes.stop()
        self._activity.stop()
        await self._journal.drain()

    # -- requests

    def _append(self, request: Append, caller: Caller, request_id: int) -> None:
        frame, wake, budget = request.frame, request.wake, caller.budget
        size = len(frame)
        refusal = (
            budget.append(wake[1] if wake else 0, self._now)
            or self._room_for(size)
            or self._space.refuse_frame(size, budget)
        )
        if wake and wake[1] > FEW_TOKENS and refusal is None:
            refusal = self._may_wake(wake[1], caller)
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        inbox, address = request.policy == POLICY_INBOX, self._address(request, caller)
        pending = (bytearray(wake[0]), wake[1], caller) if wake else None
        return self._journal.append(caller, request_id, address, frame, pending, inbox=inbox)

    def _may_wake(self, count: int, caller: Caller) -> Refusal | None:
        wait = self._all_wakes.take(count, caller.budget.wakes - count, self._now)
        return refuse(SLOW_DOWN, wait) if wait else None

    def _address(self, request: Append, caller: Caller) -> bytes:
        """Where ``request`` appends to: often where this caller's append just before it did."""
        secret, read_hash, policy = request.write_secret, request.read_hash, request.policy
        before = self._before
        if before is not None and before[0] is caller and before[1] == (secret, read_hash, policy):
            return before[2]
        address = box_address(policy, read_hash, sha256(secret).digest())
        self._before = caller, (secret, read_hash, policy), address
        return address

    def _trim(self, request: Trim, caller: Caller, request_id: int) -> None:
        address = box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)
        refusal = self._room_for(0)
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        return self._journal.trim(caller, request_id, address, request.upto)

    def _read(self, request: Read, caller: Caller, request_id: int) -> None:
        self._metrics.requests["read"] += 1
        address = box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)
        if caller.is_full():
            return self._refuse(caller, request_id, refuse(SLOW_DOWN, 1))
        try:
            answer, final = self._look(address, request.after, request.limit)
            if request.policy == POLICY_INBOX:
                self._open_inbox(address, caller)
        except StoreFailed:
            return self._refuse(caller, request_id, refuse(BUSY, 1))
        wait_s = min(request.wait_s, caller.max_wait_s)
        if final or not wait_s or self._stopping:
            return caller.answer(request_id, answer)
        return self._wait(Waiter(caller, request_id, address, request.after, request.limit, self._now + wait_s))

    def _look(self, address: bytes, after: int, limit: int) -> tuple[Frames, bool]:
        """The frames there are now, and whether the read must not wait."""
        head = self._shelf.find(address, self._day)
        if head is None:
            return _NOTHING, after > 0
        last = head.next_seq - 1
        if after >= last:
            return Frames(head.incarnation, last, ()), after > last
        entries = self._store.read(head.num, after, limit, self._limits.read_answer_bytes)
        return Frames(head.incarnation, last, entries), bool(entries)

    def _open_inbox(self, address: bytes, caller: Caller) -> None:
        """An inbox that is read has a row, and keeps it: whether anything was ever written to it must not show.

        Where there is no room for that now, a later read brings it.
        """
        head = self._shelf.find(address, self._day)
        if head is not None and head.expiry_day >= self._day + self._limits.retention_days:
            return
        if not self._space.short and self._room_for(0) is None and caller.budget.append(0, self._now) is None:
            caller.budget.made_box()
            self._journal.open_inbox(address)

    def _wait(self, waiter: Waiter[Caller]) -> None:
        budget = waiter.caller.budget
        limits = self._limits
        if budget.waiting >= limits.waiting_per_connection:
            return self._refuse(waiter.caller, waiter.request_id, refuse(SLOW_DOWN, 1))
        if self._waiters() >= limits.waiting_total:
            return self._refuse(waiter.caller, waiter.request_id, refuse(BUSY, 10))
        budget.inflight -= 1
        budget.waiting += 1
        self._waiting.add(waiter)
        return None

    def _waiters(self) -> int:
        return len(self._waiting) + len(self._wakes) + len(self._activity)

    def _room_for(self, size: int) -> Refusal | None:
        if self._stopping:
            return refuse(STOPPING, 5)
        if not self._journal.has_room(size):
            return refuse(BUSY, 1)
        return None

    def _refuse(self, caller: Caller, request_id: int, refusal: Refusal) -> None:
        self._metrics.refusals[refusal.code] += 1
        caller.answer(request_id, refusal)

    # -- the journal's reports

    def _plan(self) -> Plan:
        self._before = None
        return Plan(self._shelf, self._limits, self._day, self._rng)

    def _kept(self, plan: Plan, answers: Answers) -> None:
        self.cannot_write = False
        self._shelf.settle(plan)
        self._count(plan)
        for caller, request_id, answer in answers:
            if type(answer) is Refusal:
                self._metrics.refusals[answer.code] += 1
            caller.answer(request_id, answer)
        if plan.batch.boxes:
            self._count_boxes(plan, answers)
        for address, draft in plan.drafts.items():
            if draft.bodies:
                self._deliver(address, draft)
                self._wakes.wake(draft.wakes, partial(self._brought, draft))
                self._activity.record(draft.wakes, draft.head.num, new=draft.new)

    @staticmethod
    def _count_boxes(plan: Plan, answers: Answers) -> None:
        firsts = {box.incarnation: box.first for box in plan.batch.boxes}
        for caller, _, answer in answers:
            if type(answer) is Appended and answer.seq == firsts.get(answer.incarnation):
                caller.budget.made_box()

    def _failed(self, error: Exception, answers: Answers) -> None:
        """No caller is told that its frame was stored. From now on the store is asked again for what it holds."""
        self.cannot_write = True
        self._shelf.forget()
        self._metrics.faults.note("commit", error)
        refusal = refuse(STOPPING, 5) if isinstance(error, StoreGone) else refuse(BUSY, 1)
        for caller, request_id, answer in answers:
            self._refuse(caller, request_id, answer if isinstance(answer, Refusal) else refusal)

    def _count(self, plan: Plan) -> None:
        metrics = self._metrics
        metrics.batches += 1
        metrics.requests["trim"] += len(plan.batch.trims)
        metrics.requests["append"] += len(plan.batch.frames)
        frames, size = len(plan.batch.frames), sum(map(len, map(_BODY, plan.batch.frames)))
        metrics.frames_kept += frames
        metrics.frame_bytes_kept += size
        self._space.kept(frames, size)

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
        """The frames for a woken reader; read from the store if it lacks more than this batch."""
        max_bytes = self._limits.read_answer_bytes
        if waiter.after >= draft.first_seq - 1:
            return select(draft.bodies, waiter.after, waiter.limit, max_bytes)
        try:
            return self._store.read(draft.head.num, waiter.after, waiter.limit, max_bytes)
        except StoreFailed:
            return ()

    def _brought(self, draft: Draft) -> Frames:
        """The frames that a batch appended to a box."""
        most = self._limits.read_answer_bytes
        return self._frames(draft.head, select(draft.bodies, 0, MAX_READ_LIMIT, most))

    def _answer_waiter(self, waiter: Waiter[Caller], entries: tuple[tuple[int, bytes], ...]) -> None:
        self._release(waiter)
        try:
            head = self._shelf.find(waiter.address, self._day)
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

    def _scrub(self) -> None:
        self._store.check()
        self._store.scrub()

    def _chore_done(self, error: Exception | None) -> None:
        if error is not None:
            self._metrics.faults.note("chore", error)

    def _expire(self, day: int, *, rewrite: bool) -> None:
        def stepped(error: Exception | None) -> None:
            self._shelf.forget()
            self._expire_again = self._expire_again or error is not None
            self._chore_done(error)

        def ended() -> None:
            if rewrite:
                self._journal.steps(iter(self._store.rewrite()), stepped=self._chore_done, ended=lambda: None)

        self._journal.steps(iter(self._store.expire(day)), stepped=stepped, ended=ended)
