"""Blobs that came since the last batch wait, because an object store writes down when it got each object.

Once in an interval all that came are written in a shuffled order, whether they are many or few, so an object's time
shows the interval in which its blob came and no more. A full buffer is never a reason to write earlier: a stranger who
fills it would choose the moment, and with it how closely a time tells when other people's blobs came (spec/relay.md
§5.1).
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from nullabona.relay.store.bucket_use import BucketUse
from nullabona.relay.store.interface import BlobDamaged, BlobStore

_SHUFFLE: Final = secrets.SystemRandom().shuffle
_TOGETHER: Final = 128
"""Most blobs that one call hands over, and that are in memory for it."""


class FreshBlob(NamedTuple):
    """A blob and the last day that it is kept on."""

    digest: bytes
    data: bytes
    expiry_day: int


class BatchStore(BlobStore, Protocol):
    """A blob store that takes many blobs at once."""

    def put_batch(self, blobs: Sequence[FreshBlob]) -> None:
        """As `put` of each, in this order. Raises `StoreFailed`; then some of them may be kept."""
        ...


class WaitingStore(BlobStore, Protocol):
    """A blob store that can say what it has."""

    def held(self) -> Iterable[tuple[bytes, int, int]]:
        """Digest, size and expiry day of every blob."""
        ...


class _Waiting(NamedTuple):
    size: int
    expiry_day: int


class FreshBlobs:
    """A `BlobStore` that keeps fresh blobs in ``waiting`` and hands them to ``behind`` in batches.

    If ``waiting`` is memory, what waits is lost with the process; senders and members put it back (spec/relay.md §5.1).
    If it is files, what an earlier process left in them belongs to the first batch.
    """

    def __init__(
        self,
        behind: BatchStore,
        waiting: WaitingStore,
        interval_s: int,
        most_bytes: int,
        shuffle: Callable[[list[bytes]], None] = _SHUFFLE,
        use: BucketUse | None = None,
    ) -> None:
        self.use = use
        """What says that the store behind is ours, if there is anything of the kind."""
        self.interval_s = interval_s
        self._behind = behind
        self._waiting = waiting
        self.most_bytes = most_bytes
        self._shuffle = shuffle
        self._lock = threading.Lock()
        """Held by everything that changes what waits, in the store and in the index."""
        self._index: dict[bytes, _Waiting] = {}
        self._size = 0
        self._batch: list[bytes] = []
        self._taken: Counter[int] = Counter()
        self._asked = False
        for digest, size, expiry_day in waiting.held():
            self._enter(digest, size, expiry_day)

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the blobs that wait."""
        return self._size

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more may wait."""
        return self._size + size <= self.most_bytes

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        with self._lock:
            self._waiting.put(digest, data, expiry_day)
            self._enter(digest, len(data), expiry_day)

    def get(self, digest: bytes) -> bytes | None:
        data = None
        if digest in self._index:
            try:
                data = self._waiting.get(digest)
            except BlobDamaged:
                with self._lock:
                    self._leave(digest)
                raise
        return self._behind.get(digest) if data is None else data

    def remove(self, digest: bytes) -> bool:
        """Erase one blob, waiting or not; whether it was there. Raises `StoreFailed`."""
        with self._lock:
            self._leave(digest)
            waited = self._waiting.remove(digest)
        return self._behind.remove(digest) or waited

    def used(self, expiry_day: int) -> int:
        """Bytes of the blobs that expire on this day.

        The store behind is asked the first time only: later it has no more of a day than came through here.
        """
        if not self._asked:
            self._taken[expiry_day] += self._behind.used(expiry_day)
            self._asked = True
        return self._taken[expiry_day]

    def expire(self, day: int) -> None:
        with self._lock:
            for digest in [digest for digest, held in self._index.items() if held.expiry_day < day]:
                self._leave(digest)
            for past in [past for past in self._taken if past < day]:
                del self._taken[past]
            self._waiting.expire(day)
        self._behind.expire(day)

    def blur(self) -> None:
        self._waiting.blur()
        self._behind.blur()

    def begin_batch(self) -> None:
        """Everything that waits now belongs to the batch that `write_batch` writes, in a random order."""
        with self._lock:
            self._batch = list(self._index)
            self._shuffle(self._batch)

    def write_batch(self) -> None:
        """Write what is left of the batch. Raises `StoreFailed`; what was not written waits, and this may be repeated.

        What came after `begin_batch` waits for the next batch: else each repetition would tell more of its time.
        """
        while self._batch:
            blobs = list(self._read(self._batch[:_TOGETHER]))
            self._behind.put_batch(blobs)
            with self._lock:
                for blob in blobs:
                    if self._index.get(blob.digest) == (len(blob.data), blob.expiry_day):  # else it was put again
                        self._leave(blob.digest)
                        self._waiting.remove(blob.digest)
                del self._batch[:_TOGETHER]

    def _read(self, digests: Sequence[bytes]) -> Iterator[FreshBlob]:
        for digest in digests:
            held = self._index.get(digest)
            try:
                data = None if held is None else self._waiting.get(digest)
            except BlobDamaged:  # it is gone; somebody who asks for it is told so
                data = None
            if held is not None and data is not None:
                yield FreshBlob(digest, data, held.expiry_day)

    def _enter(self, digest: bytes, size: int, expiry_day: int) -> None:
        held = self._index.get(digest)
        if held is None:
            self._size += size
            self._taken[expiry_day] += size
            self._index[digest] = _Waiting(size, expiry_day)
        elif held.expiry_day < expiry_day:
            self._index[digest] = _Waiting(size, expiry_day)

    def _leave(self, digest: bytes) -> None:
        held = self._index.pop(digest, None)
        if held is not None:
            self._size -= held.size
