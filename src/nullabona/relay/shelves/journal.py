"""The order of writes: whatever arrived while one batch was being written is the next batch (spec/relay.md §4.1).

One piece of work is under way at a time. Batches and chores (erasing, scrubbing) take turns, so neither starves. The
queue holds about as much as the store has lately written in `QUEUE_S`: what comes beyond is refused rather than made to
wait, so that a relay that is offered too much answers the rest in time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import Plan
from nullabona.relay.core.refusal import BUSY, refuse
from nullabona.relay.shelves.port import Answers, MaybeWake
from nullabona.relay.store.interface import BoxStore, StoreFailed, StoreGone
from nullabona.relay.writer import Done, Work
from nullabona.wire.messages import AnyResponse
from nullabona.wire.messages import Done as DoneAnswer

BATCH_FRAMES: Final = 8_192
"""Most requests in one batch."""
BATCH_BYTES: Final = 16 * 2**20
"""A batch that holds this much takes no more."""
ENTRY_BYTES: Final = 512
"""Bytes that a queued request takes beside its frame, at least."""
QUEUE_S: Final = 0.5
"""Seconds that the store may need for everything in the queue."""
QUEUE_LEAST: Final = 2 * 2**20
"""Bytes that may wait however slow the store is."""
QUEUE_FIRST: Final = 8 * 2**20
"""Bytes that may wait before the store's speed is known."""
_TELLING: Final = 256 * 1024
"""Batches smaller than this do not count when the store's speed is measured."""
_DONE: Final = DoneAnswer()


class Submits(Protocol):
    """Runs the writes: `Writer` or `InlineWriter`."""

    def submit(self, work: Work, done: Done) -> None: ...
    def stop(self) -> None: ...


class Journal:
    """Queues appends, trims and inboxes to open, writes them in batches and reports each batch's fate.

    ``plan()`` gives an empty plan. ``kept`` is called with a plan whose batch is kept and the answers to give;
    ``failed`` with the error and the answers that would have been given. ``gone`` is called when the files are gone,
    ``chored`` with what a chore of the journal's own raised, or None. ``most_bytes`` may wait at most, however fast the
    store is.
    """

    def __init__(
        self,
        store: BoxStore,
        writer: Submits,
        *,
        plan: Callable[[], Plan],
        kept: Callable[[Plan, Answers], None],
        failed: Callable[[Exception, Answers], None],
        gone: Callable[[StoreGone], None],
        chored: Done,
        most_bytes: int,
    ) -> None:
        self._store = store
        self._writer = writer
        self._plan = plan
        self._kept = kept
        self._failed = failed
        self._gone = gone
        self._chored = chored
        self._most_bytes = most_bytes
        self._room = min(most_bytes, QUEUE_FIRST)
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[Caller | None, int, bytes, bytes | int | None, MaybeWake, bool]] = deque()
        self._chores: deque[tuple[Work, Done]] = deque()
        self._chore_next = False
        self._busy = False
        self._woken = False
        self._idle: asyncio.Future[None] | None = None
        self._queued_bytes = 0
        self._writing_bytes = 0

    @property
    def under_way(self) -> int:
        """Bytes of the requests that wait or are being written."""
        return self._queued_bytes + self._writing_bytes

    def has_room(self, size: int) -> bool:
        """Whether a request with a frame of so many bytes may wait here; otherwise it is to be refused."""
        return self._queued_bytes + size + ENTRY_BYTES <= self._room

    def append(
        self, caller: Caller, request_id: int, address: bytes, frame: bytes, wake: MaybeWake, *, inbox: bool
    ) -> None:
        """Put ``frame`` into the next batch."""
        self._queued_bytes += len(frame) + ENTRY_BYTES
        self._queue.append((caller, request_id, address, frame, wake, inbox))
        if not self._busy and not self._woken:
            self._wake()

    def trim(self, caller: Caller, request_id: int, address: bytes, upto: int) -> None:
        """Put a trim into the next batch."""
        self._queued_bytes += ENTRY_BYTES
        self._queue.append((caller, request_id, address, upto, None, False))
        self._wake()

    def open_inbox(self, address: bytes) -> None:
        """Create an inbox's row in the next batch; no caller waits for it."""
        self._queued_bytes += ENTRY_BYTES
        self._queue.append((None, 0, address, None, None, True))
        self._wake()

    def chore(self, work: Work, done: Done) -> None:
        """Run ``work`` between batches."""
        self._chores.append((work, done))
        self._wake()

    def steps(self, steps: Iterator[None], *, stepped: Done, ended: Callable[[], None]) -> None:
        """Run an iterator as chores, one step each; ``stepped`` after each, ``ended`` after the last."""
        more = False

        def work() -> None:
            nonlocal more
            more = next(steps, False) is None

        def done(error: Exception | None) -> None:
            stepped(error)
            if error is None and more:
                self.steps(steps, stepped=stepped, ended=ended)
            elif error is None:
                ended()

        self.chore(work, done)

    async def drain(self) -> None:
        """Return when everything queued has been written or has failed."""
        self._idle = self._loop.create_future()
        self._wake()
        await self._idle

    def _wake(self) -> None:
        if not self._woken and not self._busy:
            self._woken = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._woken = False
        if self._busy:
            return
        if self._chores and (self._chore_next or not self._queue):
            self._chore_next = False
            self._start(*self._chores.popleft())
        elif self._queue:
            self._chore_next = True
            self._seal()
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _start(self, work: Work, done: Done) -> None:
        def finished(error: Exception | None) -> None:
            self._busy = False
            if isinstance(error, StoreGone):
                self._gone(error)
            done(error)
            if self._queue or self._chores or self._idle is not None:
                self._wake()

        self._busy = True
        self._writer.submit(work, finished)

    def _seal(self) -> None:
        """Make a batch of what is queued and start writing it."""
        plan = self._plan()
        answers: Answers = []
        secrets: list[bytearray] = []
        size, began = 0, self._loop.time()
        queue = self._queue
        for _ in range(min(len(queue), BATCH_FRAMES)):
            caller, request_id, address, what, wake, inbox = queue.popleft()
            size += ENTRY_BYTES + (len(what) if isinstance(what, bytes) else 0)
            if wake is not None:
                secrets.append(wake[0])
            answer = _decide(plan, address, what, wake, inbox=inbox)
            if caller is not None:
                answers.append((caller, request_id, answer))
            if size > BATCH_BYTES:
                break
        self._queued_bytes -= size
        self._writing_bytes = size

        def done(error: Exception | None) -> None:
            self._writing_bytes = 0
            if error is None:
                self._learn(size, self._loop.time() - began)
                self._kept(plan, answers)
            else:
                self._failed(error, answers)
            for secret in secrets:
                secret[:] = bytes(len(secret))
            if self._store.heavy:
                self._chores.appendleft((self._store.lighten, self._chored))

        self._start(lambda: self._store.commit(plan.batch), done)

    def _learn(self, size: int, took_s: float) -> None:
        """Adjust, gradually, how many bytes may wait to how long the store took for its last batch."""
        if size >= _TELLING:
            enough = size / max(took_s, 1e-3) * QUEUE_S
            room = 0.75 * self._room + 0.25 * enough
            self._room = int(min(max(room, QUEUE_LEAST), self._most_bytes))


def _decide(plan: Plan, address: bytes, what: bytes | int | None, wake: MaybeWake, *, inbox: bool) -> AnyResponse:
    try:
        if isinstance(what, bytes):
            return plan.append(address, what, wake, inbox=inbox)
        if what is None:
            plan.open_inbox(address)
        else:
            plan.trim(address, what)
    except StoreFailed:
        return refuse(BUSY, 1)
    return _DONE
