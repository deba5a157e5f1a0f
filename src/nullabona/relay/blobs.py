"""Blobs as a service (spec/relay.md §5). Disk work runs on a few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

from nullabona.errors import NullabonaError
from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import TOMORROW_S
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.pool import Pool
from nullabona.relay.core.refusal import BAD_REQUEST, BUSY, DAY_QUOTA, NOT_FOUND, SLOW_DOWN, STOPPING, TOO_LARGE, refuse
from nullabona.relay.core.space import Space
from nullabona.relay.metrics import Metrics
from nullabona.relay.store.bucket_use import BucketInUse
from nullabona.relay.store.fresh import FreshBlobs
from nullabona.relay.store.interface import BlobDamaged, BlobStore, StoreFailed
from nullabona.relay.store.shared_bucket import SharedBucket
from nullabona.wire.message import Request
from nullabona.wire.messages import MAX_BLOB_CHUNK, AnyResponse, Blob, Done, GetBlob, PutBlob, Refusal

_THREADS: Final = 2
"""Of one disk."""
_BUCKET_THREADS: Final = 16
"""Of a bucket, which answers each request after some milliseconds and many at the same time."""
SMALL_BYTES: Final = 262_144
"""Blobs of up to so many bytes, commits and invitations among them, have a part of the day of their own."""
RESERVE: Final = 8
"""An eighth of what a day takes is for small blobs alone."""
AT_ONCE: Final = 4
"""A quarter of each part is there at once and the rest comes by and by, so that nobody uses up a day in a minute."""
_DAY_S: Final = 86_400
_BEAT_S: Final = 5
"""Whole seconds from one beat of a bucket that several processes share to the next."""
_AGAIN_S: Final = 60
"""Whole seconds after which what could not be erased is tried again."""
_DONE: Final = Done()


class BlobService:
    """Answers `PutBlob` and `GetBlob`. Every method is called on the loop.

    ``lost`` is told, more than once, if another process has taken the bucket: then this one must end.
    """

    def __init__(
        self,
        store: BlobStore,
        limits: Limits,
        metrics: Metrics,
        space: Space | None = None,
        lost: Callable[[NullabonaError], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._lost = lost
        self._space = space or Space(limits)
        self._limits = limits
        self._metrics = metrics
        self._fresh = store if isinstance(store, FreshBlobs) else None
        self._shared = store if isinstance(store, SharedBucket) else None
        self._bucket = self._fresh or self._shared
        threads = _THREADS if self._bucket is None else _BUCKET_THREADS
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="relay-blobs")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="relay-batch")
        """Writes batches of fresh blobs, one after another, while the others answer."""
        self._batch_at: int | None = None
        """When the next batch begins: the beats of a clock that no blob starts or moves."""
        self._rest_at: int | None = None
        """When the rest of a batch is tried again."""
        self._beat_at = 0
        self._found: dict[int, int] = {}
        """Bytes that `begin` found of its day."""
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._batches: set[asyncio.Task[None]] = set()
        self._queued_bytes = 0
        self._today_bytes = 0
        self._own_bytes = 0
        self.elsewhere = 0
        """Bytes of blobs that other processes of this relay took today."""
        day = limits.blob_bytes_per_day
        self._parts = (day - day // RESERVE, _pool(day - day // RESERVE)), (day, _pool(day // RESERVE))
        """What may be put in a day until then, and of that now: first by blobs of any size, then by small ones."""
        self._now = 0
        self._day = 0
        self._again_at: int | None = None
        """When the day is to be turned once more, because that failed."""
        self._stopping = False

    def operations(self) -> Mapping[type[Request], Callable[[Any, Caller, int], None]]:
        """The form of this service that knows its caller."""
        return {PutBlob: self._put, GetBlob: self._get}

    @property
    def today_bytes(self) -> int:
        """Bytes that were put today: what was found at the start and came since, or what all processes say."""
        return max(self._today_bytes, self._own_bytes + self.elsewhere)

    @property
    def own_bytes(self) -> int:
        """Bytes that were put today in this process."""
        return self._own_bytes

    @property
    def waiting_bytes(self) -> tuple[int, int] | None:
        """Bytes that wait for the next batch, and how many may; None if there is no bucket."""
        return None if self._bucket is None else (self._bucket.waiting_bytes, self._bucket.most_bytes)

    async def begin(self, day: int) -> None:
        """Before the first `tick`, and before anybody may ask: find what a bucket of several processes has of ``day``.

        Its threads need the loop, so `tick` could not wait for it.
        """
        if self._shared is not None:
            try:
                expiry_day = day + self._limits.retention_days
                self._found[day] = await self._loop.run_in_executor(self._pool, self._shared.begin, expiry_day)
            except StoreFailed as error:
                self._metrics.faults.note("blob", error)

    def tick(self, now: int, day: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds) on ``day``."""
        self._now = now
        if self._is_lost():
            return self._lost(BucketInUse("another process has taken this prefix of the bucket"))
        if day != self._day:
            self._day = day
            self._today_bytes = self._used(day)
            self._own_bytes = self.elsewhere = 0
            self._again_at = now
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            self._start(self._turn_day(day))
        if self._fresh is not None:
            self._look_at_batch(self._fresh, now)
        if self._shared is not None and now >= self._beat_at and not self._batches:
            self._beat_at = now + _BEAT_S
            self._start_batch(self._shared.beat)
        return None

    def _is_lost(self) -> bool:
        """Whether another process has taken our bucket."""
        return self._bucket is not None and self._bucket.use is not None and self._bucket.use.lost

    async def stop(self) -> None:
        """Refuse what comes now and return when all is written but for what waits for a bucket."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        self._pool.shutdown()

    async def finish(self) -> None:
        """After `stop`: write what waits for a bucket, however long that takes. Nobody else has to wait for it.

        What waits in the engine is left to the other processes.
        """
        if self._shared is not None:
            self._shared.leave()
            await asyncio.gather(*self._batches)
        if self._fresh is not None and not self._is_lost():
            await self._write_batch(self._fresh.begin_batch, self._fresh.write_batch)
        self._writer.shutdown()

    def _put(self, request: PutBlob, caller: Caller, request_id: int) -> None:
        refusal = self._check_put(request, caller)
        if refusal is not None:
            return self._answer(caller, request_id, refusal)
        self._queued_bytes += len(request.data)
        self._today_bytes += len(request.data)
        self._own_bytes += len(request.data)
        return self._start(self._reply(caller, request_id, self._keep(request)))

    def _check_put(self, request: PutBlob, caller: Caller) -> Refusal | None:
        size = len(request.data)
        if size > self._limits.blob_bytes:
            return refuse(TOO_LARGE)
        if sha256(request.data).digest() != request.digest:
            return refuse(BAD_REQUEST)
        if self._stopping:
            return refuse(STOPPING, 5)
        if self._queued_bytes + size > self._limits.queue_bytes:
            return refuse(BUSY, 1)
        refusal = caller.budget.check_blob(size, self._now) or self._refuse_for_room(size)
        return refusal or self._take(size, caller)

    def _refuse_for_room(self, size: int) -> Refusal | None:
        """The reason to refuse a blob for lack of room: in memory if it waits there for a bucket, else on the disk."""
        if self._bucket is None:
            return self._space.refuse_other(size)
        return None if self._bucket.has_room(self._queued_bytes + size) else refuse(BUSY, _AGAIN_S)

    def _take(self, size: int, caller: Caller) -> Refusal | None:
        """Take ``size`` out of what may be put now; small blobs out of their own part if there is none in the other."""
        refusal: Refusal | None = None
        for most, pool in self._parts if size <= SMALL_BYTES else self._parts[:1]:
            if self.today_bytes + size > most:
                refusal = refuse(DAY_QUOTA, TOMORROW_S)
            elif wait := pool.take(size, caller.budget.blob_bytes, self._now):
                refusal = refuse(SLOW_DOWN, wait)
            else:
                caller.budget.put_blob(size)
                return None
        return refusal

    async def _keep(self, request: PutBlob) -> AnyResponse:
        day = self._day + self._limits.retention_days
        try:
            await self._loop.run_in_executor(self._pool, self._store.put, request.digest, request.data, day)
        finally:
            self._queued_bytes -= len(request.data)
        return _DONE

    def _get(self, request: GetBlob, caller: Caller, request_id: int) -> None:
        if self._stopping:
            return self._answer(caller, request_id, refuse(STOPPING, 5))
        return self._start(self._reply(caller, request_id, self._fetch(request, caller)))

    async def _fetch(self, request: GetBlob, caller: Caller) -> AnyResponse:
        if caller.is_full():
            return refuse(SLOW_DOWN, 1)
        data = await self._loop.run_in_executor(self._pool, self._store.get, request.digest)
        if data is None:
            return refuse(NOT_FOUND)
        return refuse(SLOW_DOWN, 1) if caller.is_full() else Blob(data)

    async def _reply(self, caller: Caller, request_id: int, work: Awaitable[AnyResponse]) -> None:
        try:
            answer = await work
        except StoreFailed as error:
            self._metrics.faults.note("blob", error)
            answer = refuse(BUSY, 1)
        except BlobDamaged as error:
            self._metrics.faults.note("blob", error)
            answer = refuse(NOT_FOUND)
        self._answer(caller, request_id, answer)

    def _answer(self, caller: Caller, request_id: int, answer: AnyResponse) -> None:
        if isinstance(answer, Refusal):
            self._metrics.refusals[answer.code] += 1
        else:
            self._metrics.requests["put_blob" if answer is _DONE else "get_blob"] += 1
        caller.answer(request_id, answer)

    async def _turn_day(self, day: int) -> None:
        try:
            await self._loop.run_in_executor(self._pool, self._store.expire, day)
            await self._loop.run_in_executor(self._pool, self._store.blur)
        except (StoreFailed, OSError) as error:
            self._again_at = self._now + _AGAIN_S
            self._metrics.faults.note("blob", error)

    def _look_at_batch(self, fresh: FreshBlobs, now: int) -> None:
        if self._batch_at is None:
            self._batch_at = now + fresh.interval_s
        if now >= self._batch_at:
            self._batch_at += fresh.interval_s * (1 + (now - self._batch_at) // fresh.interval_s)
            self._rest_at = None
            self._start_batch(fresh.begin_batch, fresh.write_batch)
        elif self._rest_at is not None and now >= self._rest_at:
            self._rest_at = None
            self._start_batch(fresh.write_batch)

    def _start_batch(self, *steps: Callable[[], None]) -> None:
        task = self._loop.create_task(self._write_batch(*steps))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _write_batch(self, *steps: Callable[[], None]) -> None:
        """All on the one thread of the writer: no batch begins while another one is being written."""
        try:
            for step in steps:
                await self._loop.run_in_executor(self._writer, step)
        except StoreFailed as error:
            self._rest_at = self._now + _AGAIN_S
            self._metrics.faults.note("blob", error)

    def _used(self, day: int) -> int:
        """Bytes that were put on ``day`` before: read at once, so that no put of today is missed or counted twice.

        After a start the day's chunks are looked through; when the day changes there are none yet. For several
        processes `begin` has looked, and from then on each tells the others what it took.
        """
        if self._shared is not None:
            return self._found.pop(day, 0)
        try:
            return self._store.used(day + self._limits.retention_days)
        except (StoreFailed, OSError) as error:
            self._metrics.faults.note("blob", error)
            return 0

    def _start(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _pool(per_day: int) -> Pool:
    """What may be put of a day's bytes at any time: a part at once, and the rest evenly."""
    at_once = max(MAX_BLOB_CHUNK, per_day // AT_ONCE)
    return Pool(at_once, max(1, per_day - at_once) / _DAY_S)
