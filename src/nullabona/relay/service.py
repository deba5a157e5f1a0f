"""Boxes as a service: what may be asked now, who waits, and who is told (spec/relay.md §4).

Where boxes are kept, and in which order, is the shelf's business (`nullabona.relay.shelves.port`); what an append or a
trim means is decided there. Nothing is answered, or shown to a reader, before the shelf says that it is kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any, Final

from nullabona.relay.activity import ActivityService
from nullabona.relay.asking import Operation, as_handler
from nullabona.relay.caller import Caller
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.places import Place
from nullabona.relay.core.pool import Pool
from nullabona.relay.core.refusal import BUSY, SLOW_DOWN, STOPPING, refuse
from nullabona.relay.core.space import Space
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.relay.digest_log import DigestLog
from nullabona.relay.metrics import Metrics
from nullabona.relay.shelves.port import Answers, Arrival, Kept, Looked, Shelf
from nullabona.relay.store.interface import StoreGone
from nullabona.relay.wake_link import WakeLink
from nullabona.relay.wakes import WakeService
from nullabona.wire.address import box_address
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    MAX_READ_LIMIT,
    POLICY_INBOX,
    AnyResponse,
    Append,
    AwaitWake,
    FollowActivity,
    Frames,
    PollActivity,
    Read,
    Refusal,
    Trim,
    encode,
)
from nullabona.wire.wakes import inbox_wake_secret

FEW_TOKENS: Final = 64
"""An append that wakes no more tokens than this costs no more than any append."""
_BLANK: Final = bytes(32)
"""What a box's secret is overwritten with."""


class BoxService:
    """Answers `Append`, `Read`, `AwaitWake`, `PollActivity`, `FollowActivity` and `Trim`. Single-threaded: every method
    is called on the loop. ``rng(bits)`` gives a random number; ``digests`` are those that other processes tell, too,
    and ``wakes`` reaches those who wait there.
    """

    def __init__(
        self,
        shelf: Shelf,
        limits: Limits,
        metrics: Metrics,
        *,
        rng: Callable[[int], int],
        space: Space | None = None,
        digests: DigestLog | None = None,
        wakes: WakeLink | None = None,
        place: Place | None = None,
    ) -> None:
        self._shelf = shelf
        self._space = space or Space(limits)
        self._limits = limits
        self._metrics = metrics
        self._waiting: Waiting[Caller] = Waiting()
        self._place = place
        """Where on the shelf a box is, if not at its address."""
        self._all_wakes = Pool(limits.wakes_total_per_minute, limits.wakes_total_per_minute / 60)
        self._wakes = WakeService(limits, metrics, lambda: len(self._waiting) + len(self._activity), wakes)
        self._activity = ActivityService(limits, metrics, rng, lambda: len(self._waiting) + len(self._wakes), digests)
        self._before: tuple[Caller, bytearray, tuple[bytes, int], bytes] | None = None
        """The caller of the last append, its secrets and its address; forgotten when the next batch begins."""
        self._now = 0
        self._day = 0
        self._stopping = False
        shelf.report_to(self)

    def operations(self) -> Mapping[type[Request], Operation]:
        """The fast form of this service, without a task per request."""
        return {
            Append: self._append,
            Read: self._read,
            AwaitWake: self._wakes.await_wake,
            PollActivity: self._activity.poll,
            FollowActivity: self._activity.follow,
            Trim: self._trim,
        }

    def handlers(self) -> Mapping[type[Request], Callable[[Any], Awaitable[AnyResponse]]]:
        """The same for callers in this process, as `nullabona.wire.service` describes handlers."""
        return {kind: as_handler(operation, self._limits) for kind, operation in self.operations().items()}

    @property
    def trouble(self) -> str:
        """What keeps the shelf from keeping anything now; empty if nothing does."""
        return self._shelf.trouble

    def tick(self, now: int, day: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds) on ``day``: end waits, erase, clean up."""
        self._now = now
        self._space.renew(self._shelf.disk(), day, self._shelf.under_way)
        for waiter in self._waiting.due(now):
            self._end_wait(waiter)
        self._wakes.tick(now)
        self._activity.tick(now)
        self._day = day
        self._shelf.tick(now, day)
        self._metrics.waiting_reads = self._waiters()

    def leave(self, caller: Caller) -> None:
        """The caller is gone: forget its waiting requests."""
        caller.budget.gone = True
        caller.budget.waiting -= len(self._waiting.leave(caller))
        self._wakes.leave(caller)
        self._activity.leave(caller)

    async def stop(self) -> None:
        """Answer every waiting read, refuse new requests, and return when everything is written."""
        self._stopping = True
        for waiter in self._waiting.everyone():
            self._end_wait(waiter)
        self._wakes.stop()
        self._activity.stop()
        await self._shelf.drain()

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
        pending = (bytearray(wake[0]), wake[1], caller) if wake else None
        inbox = request.policy == POLICY_INBOX
        if inbox:  # whatever a stranger says, it wakes with what its owner left there
            pending = bytearray(), 0, caller
        address = self._address(request, caller)
        return self._shelf.append(caller, request_id, address, frame, pending, inbox=inbox)

    def _may_wake(self, count: int, caller: Caller) -> Refusal | None:
        wait = self._all_wakes.take(count, caller.budget.wakes - count, self._now)
        return refuse(SLOW_DOWN, wait) if wait else None

    def _address(self, request: Append, caller: Caller) -> bytes:
        """Where ``request`` appends to: often where this caller's append just before it did."""
        secret = request.write_secret
        read_hash = request.read_hash
        policy = request.policy
        before = self._before
        if before is not None and before[0] is caller and before[1] == secret and before[2] == (read_hash, policy):
            return before[3]
        address = self._placed(box_address(policy, read_hash, sha256(secret).digest()))
        self._forget_before()
        self._before = caller, bytearray(secret), (read_hash, policy), address
        return address

    def _forget_before(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            before[1][:] = _BLANK

    def _placed(self, address: bytes) -> bytes:
        return address if self._place is None else self._place(address)

    def _trim(self, request: Trim, caller: Caller, request_id: int) -> None:
        address = self._placed(box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash))
        refusal = self._room_for(0)
        if refusal is not None:
            return self._refuse(caller, request_id, refusal)
        return self._shelf.trim(caller, request_id, address, request.upto)

    def _read(self, request: Read, caller: Caller, request_id: int) -> None:
        self._metrics.requests["read"] += 1
        address = self._placed(box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash))
        if caller.is_full():
            return self._refuse(caller, request_id, refuse(SLOW_DOWN, 1))
        looked = partial(self._looked, request, caller, request_id, address)
        if request.policy == POLICY_INBOX:  # the request's own secret is overwritten before a shelf elsewhere answers
            looked = partial(self._looked_into_inbox, bytearray(request.read_secret), looked, caller, address)
        return self._shelf.look(address, request.after, request.limit, looked)

    def _looked_into_inbox(
        self, secret: bytearray, looked: Looked, caller: Caller, address: bytes, found: Frames | None, own_day: int
    ) -> None:
        if found is not None:
            self._open_inbox(address, caller, own_day)
            if found.incarnation:
                wake = inbox_wake_secret(secret, found.incarnation, found.head)
                self._shelf.leave_wake(address, found.incarnation, found.head, wake)
        secret[:] = _BLANK
        looked(found, own_day)

    def _looked(
        self, request: Read, caller: Caller, request_id: int, address: bytes, found: Frames | None, _own_day: int
    ) -> None:
        if found is None:
            return self._refuse(caller, request_id, refuse(BUSY, 1))
        after = request.after
        if found.frames or after > found.head or self._stopping:
            return caller.answer(request_id, found)
        wait_s = min(request.wait_s, caller.max_wait_s)
        if not wait_s:
            return caller.answer(request_id, found)
        return self._wait(Waiter(caller, request_id, address, after, request.limit, self._now + wait_s))

    def _open_inbox(self, address: bytes, caller: Caller, own_day: int) -> None:
        """An inbox that is read has a row, and keeps it: whether anything was ever written to it must not show.

        Where there is no room for that now, a later read brings it.
        """
        if own_day >= self._day + self._limits.retention_days:
            return
        if not self._space.short and self._room_for(0) is None and caller.budget.append(0, self._now) is None:
            caller.budget.made_box()
            self._shelf.open_inbox(address)

    def _wait(self, waiter: Waiter[Caller]) -> None:
        budget = waiter.caller.budget
        limits = self._limits
        if budget.gone:  # while the shelf looked
            return None
        if budget.waiting >= limits.waiting_per_connection:
            return self._refuse(waiter.caller, waiter.request_id, refuse(SLOW_DOWN, 1))
        if self._waiters() >= limits.waiting_total:
            return self._refuse(waiter.caller, waiter.request_id, refuse(BUSY, 10))
        budget.inflight -= 1
        budget.waiting += 1
        self._waiting.add(waiter)
        return self._shelf.watch(waiter.address)

    def _waiters(self) -> int:
        return len(self._waiting) + len(self._wakes) + len(self._activity)

    def _room_for(self, size: int) -> Refusal | None:
        if self._stopping:
            return refuse(STOPPING, 5)
        if not self._shelf.has_room(size):
            return refuse(BUSY, 1)
        return None

    def _refuse(self, caller: Caller, request_id: int, refusal: Refusal) -> None:
        self._metrics.refusals[refusal.code] += 1
        caller.answer(request_id, refusal)

    # -- what the shelf reports

    def begun(self) -> None:
        self._forget_before()

    def kept(self, kept: Kept) -> None:
        self._count(kept)
        for caller, request_id, answer in kept.answers:
            if type(answer) is Refusal:
                self._metrics.refusals[answer.code] += 1
            caller.answer(request_id, answer)
        for caller in kept.makers:
            caller.budget.made_box()
        for arrival in kept.arrivals:
            self._deliver(arrival)
            self._wakes.wake(arrival.wakes, partial(self._brought, arrival))
            self._activity.record(arrival.wakes, arrival.label, new=arrival.new)
            if arrival.untold:
                self._activity.omit()

    def failed(self, error: Exception, answers: Answers) -> None:
        """No caller is told that its frame was stored."""
        self._metrics.faults.note("commit", error)
        refusal = refuse(STOPPING, 5) if isinstance(error, StoreGone) else refuse(BUSY, 1)
        for caller, request_id, answer in answers:
            self._refuse(caller, request_id, answer if isinstance(answer, Refusal) else refusal)

    def moved(self, address: bytes) -> None:
        for waiter in self._waiting.at(address):
            self._shelf.look(address, waiter.after, waiter.limit, partial(self._looked_again, waiter))

    def waits_at(self, address: bytes) -> bool:
        return bool(self._waiting.at(address))

    def fault(self, kind: str, error: Exception) -> None:
        self._metrics.faults.note(kind, error)

    def _count(self, kept: Kept) -> None:
        metrics = self._metrics
        metrics.batches += 1
        metrics.requests["trim"] += kept.trims
        metrics.requests["append"] += kept.frames
        metrics.frames_kept += kept.frames
        metrics.frame_bytes_kept += kept.size
        self._space.kept(kept.frames, kept.size)

    # -- delivering

    def _deliver(self, arrival: Arrival) -> None:
        encoded: dict[tuple[int, int], bytes] = {}
        before = arrival.bodies[0][0] - 1
        for waiter in self._waiting.wake(arrival.address):
            if waiter.after < before:  # frames between are missing: trimmed, expired, or of others
                look = partial(self._answer_woken, waiter, arrival)
                self._shelf.look(arrival.address, waiter.after, waiter.limit, look)
                continue
            self._release(waiter)
            if waiter.caller.is_full():
                waiter.caller.answer(waiter.request_id, arrival.head())
                continue
            key = (waiter.after, waiter.limit)
            body = encoded.get(key)
            if body is None:
                body = encoded[key] = encode(arrival.frames(*key, self._limits.read_answer_bytes))
            waiter.caller.answer_encoded(waiter.request_id, body)

    def _brought(self, arrival: Arrival) -> Frames:
        """The frames that were appended to a box together."""
        return arrival.frames(0, MAX_READ_LIMIT, self._limits.read_answer_bytes)

    def _answer_woken(self, waiter: Waiter[Caller], arrival: Arrival, found: Frames | None, own_day: int) -> None:
        self._answer_waiter(waiter, arrival.head() if found is None else found, own_day)

    def _end_wait(self, waiter: Waiter[Caller]) -> None:
        """Answer with what there is: a waiter that is not waiting any more."""
        self._shelf.look(waiter.address, waiter.after, waiter.limit, partial(self._answer_waiter, waiter))

    def _looked_again(self, waiter: Waiter[Caller], found: Frames | None, own_day: int) -> None:
        """Answer a waiter if there is something for it by now, and it still waits."""
        if found is not None and (found.frames or waiter.after > found.head) and self._waiting.take(waiter):
            self._answer_waiter(waiter, found, own_day)

    def _answer_waiter(self, waiter: Waiter[Caller], found: Frames | None, own_day: int) -> None:  # noqa: ARG002 - `Looked`
        self._release(waiter)
        if found is None:
            return self._refuse(waiter.caller, waiter.request_id, refuse(BUSY, 1))
        if found.frames and waiter.caller.is_full():
            found = Frames(found.incarnation, found.head, ())
        return waiter.caller.answer(waiter.request_id, found)

    @staticmethod
    def _release(waiter: Waiter[Caller]) -> None:
        waiter.caller.budget.waiting -= 1
        waiter.caller.budget.inflight += 1
