"""Blobs of several relay processes in one bucket: fresh ones wait in the engine, each batch is written by one process,
and all of them serve every blob (spec/engine.md §8).

Nothing is locked: a process may stop between any two steps, and another one goes on. **A blob leaves the engine only
when a batch finds that an earlier one wrote it**: whole, readable, and for as long as it is to be kept. So a list, an
object or a key that got lost, was overwritten or deleted in between is written again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from nullabona.relay.store.bucket_use import BucketUse
from nullabona.relay.store.interface import BlobDamaged, is_intact
from nullabona.relay.store.key_ring import KeyRing, Waiting
from nullabona.relay.store.objects import (
    BLOBS,
    DAYS,
    Entry,
    Objects,
    day_of,
    encode_list,
    lists_of,
    named_in,
    read_list,
    seal,
    unseal,
)

_SHUFFLE: Final = secrets.SystemRandom().shuffle
_TOGETHER: Final = 128
"""Most blobs whose list is written together."""
_LOOKS: Final = 4
"""How often in an interval a process looks at what waits, which goes through all keys of the engine."""
_LOOK_S: Final = 30.0
"""What was looked at longer ago is looked at again before it is deleted."""
_HEAD: Final = 2
_TELLS: Final = 14
"""Bytes of an object, day and nonce, that no other one has."""


class ListedBlob(Protocol):
    """A blob that waits, without its bytes; or the mark of one that was erased, of no bytes."""

    @property
    def digest(self) -> bytes: ...
    @property
    def expiry_day(self) -> int: ...
    @property
    def size(self) -> int: ...


class WaitingRoom(Protocol):
    """Where fresh blobs of all processes wait. Raises `StoreFailed`."""

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None: ...
    def get(self, digest: bytes) -> Waiting | None: ...
    def drop(self, digest: bytes, expiry_day: int | None = None) -> bool: ...
    def mark_erased(self, digest: bytes, expiry_day: int) -> bool: ...
    def is_erased(self, digest: bytes) -> bool: ...
    def waiting(self) -> Sequence[ListedBlob]: ...
    def begins_batch(self, every_s: int) -> bool: ...
    def turns(self, day: int) -> bool: ...


class SharedBucket:
    """A `BlobStore` of which several processes serve the same blobs.

    All waits for the engine, so nothing here is called on the loop that speaks to it. Each process calls `begin` once
    and `beat` all the time.
    """

    def __init__(
        self,
        room: WaitingRoom,
        objects: Objects,
        keys: KeyRing,
        interval_s: int,
        *,
        most_bytes: int = 2**30,
        use: BucketUse | None = None,
        shuffle: Callable[[list[bytes]], None] = _SHUFFLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.use = use
        """What says that the bucket is that of these processes, if there is anything of the kind."""
        self.interval_s = interval_s
        self.most_bytes = most_bytes
        self._room = room
        self._objects = objects
        self._keys = keys
        self._shuffle = shuffle
        self._clock = clock
        self._batch: list[bytes] = []
        self._left = False
        self._lock = threading.Lock()
        """Held while what waits is counted."""
        self._waiting = 0
        self._looked = clock()
        self._told: set[bytes] = set()
        """The beginnings of damaged objects that somebody was told of: after that they count as missing."""

    @property
    def waiting_bytes(self) -> int:
        """Bytes of all processes' blobs that wait, as they were found last; and what was put here since."""
        return self._waiting

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more may wait. What others put since this process looked last is not counted."""
        return self._waiting + size <= self.most_bytes

    def begin(self, expiry_day: int) -> int:
        """Hear what keys there are, and look at what waits; bytes of the blobs that expire on this day."""
        self._keys.refresh()
        self._look()
        return self.used(expiry_day)

    def beat(self) -> None:
        """Tell the others what keys are known here, begin a batch if it is time, and write what is left of it.

        Raises `StoreFailed`; the next beat goes on.
        """
        self._keys.refresh()
        if not self.begin_batch() and self._clock() - self._looked >= self.interval_s / _LOOKS:
            self._look()
        self.write_batch()

    def leave(self) -> None:
        """Write nothing more: what waits is left to the other processes, or to the next one. May be called anywhere."""
        self._left = True

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        self._room.put(digest, data, expiry_day)
        with self._lock:
            self._waiting += len(data)

    def get(self, digest: bytes) -> bytes | None:
        """The engine first: a blob is in the bucket before it leaves the engine."""
        waiting = self._room.get(digest)
        if waiting is not None and is_intact(digest, waiting.data):
            return waiting.data
        if waiting is not None:
            self._room.drop(digest)
            raise BlobDamaged("a blob in the engine is not what was put")
        found, _ = self._find(digest)
        return found

    def remove(self, digest: bytes) -> bool:
        """The mark first: a batch that has the blob already looks for one after it wrote the object."""
        names = [BLOBS + name for name in self._keys.names_of(digest)]
        held = [head for name in names if (head := self._objects.begin(name, _HEAD)) is not None]
        waited = self._room.mark_erased(digest, max(map(day_of, held), default=0))
        self._objects.delete(names)  # also one that was written since
        return waited or bool(held)

    def used(self, expiry_day: int) -> int:
        listed = lists_of(self._objects)
        moved_on = {each.name for day in listed if day > expiry_day for each in read_list(self._objects, listed[day])}
        sizes = {each.name: each.size for each in read_list(self._objects, listed.get(expiry_day, []))}
        waiting = {self._keys.names_of(each.digest)[0]: each for each in self._room.waiting()}
        sizes |= {name: each.size for name, each in waiting.items() if each.expiry_day == expiry_day}
        moved_on |= {name for name, each in waiting.items() if each.expiry_day > expiry_day}
        return sum(size for name, size in sizes.items() if name not in moved_on)

    def expire(self, day: int) -> None:
        """The keys first. One process deletes the objects; if it ends meanwhile, that of the next day does."""
        self._keys.erase_before(day)
        for each in self._room.waiting():
            if each.expiry_day < day:
                self._room.drop(each.digest, day - 1)
        if not self._room.turns(day):
            return
        past = [name for each, names in sorted(lists_of(self._objects).items()) if each < day for name in names]
        for name in past:
            self._delete_past(named_in(self._objects, name), day)
            self._objects.delete([name])

    def blur(self) -> None:
        """Nothing: neither the engine nor the bucket has times that can be set."""

    # -- batches

    def begin_batch(self) -> bool:
        """Whether it is time, and this process's turn; then what waits now is what `write_batch` writes."""
        if not self._room.begins_batch(self.interval_s):
            return False
        self.take_all()
        return True

    def take_all(self) -> None:
        """What waits now is the next batch, in a random order."""
        self._batch = [each.digest for each in self._look()]
        self._shuffle(self._batch)

    def write_batch(self) -> None:
        """Write what is left of it. Raises `StoreFailed`; then this may be repeated, here or by another process."""
        while self._batch and not self._left:
            self._write(self._batch[:_TOGETHER])
            del self._batch[:_TOGETHER]

    def _look(self) -> Sequence[ListedBlob]:
        found = self._room.waiting()
        with self._lock:
            self._waiting = sum(each.size for each in found)
            self._looked = self._clock()
        return found

    def _write(self, digests: Iterable[bytes]) -> None:
        missing: list[tuple[bytes, Waiting]] = []
        for digest in digests:
            waiting = self._room.get(digest)
            if waiting is None:
                self._delete_erased(digest)  # a process that ended after it wrote the object did not look
                continue
            if not is_intact(digest, waiting.data):
                continue
            found, day = self._find(digest, quiet=True)
            if found is not None and day >= waiting.expiry_day:
                self._room.drop(digest, day)
            else:
                missing.append((digest, waiting))
        by_day: defaultdict[int, list[Entry]] = defaultdict(list)
        for digest, waiting in missing:
            by_day[waiting.expiry_day].append(Entry(self._keys.names_of(digest)[0], len(waiting.data)))
        for day, entries in by_day.items():
            self._objects.put(f"{DAYS}{day}/{secrets.token_hex(16)}", encode_list(entries))
        for digest, waiting in missing:
            if self._left:
                return
            key = self._keys.make_key(waiting.expiry_day)
            sealed = seal(key, digest, waiting.data, waiting.expiry_day)
            self._objects.put(BLOBS + self._keys.names_of(digest)[0], sealed)
            self._delete_erased(digest)

    def _delete_erased(self, digest: bytes) -> None:
        """Delete what a batch wrote of a blob that was erased while the batch had it."""
        if self._room.is_erased(digest):
            self._objects.delete([BLOBS + name for name in self._keys.names_of(digest)])

    def _find(self, digest: bytes, *, quiet: bool = False) -> tuple[bytes | None, int]:
        """A blob in the bucket, and its day. What cannot be read is left: a key may be missing here, and expiry deletes
        it. Raises `BlobDamaged` if it should be readable, unless ``quiet``.
        """
        damaged = b""
        for name in self._keys.names_of(digest):
            sealed = self._objects.get(BLOBS + name)
            if sealed is None:
                continue
            day = day_of(sealed)
            data = self._open(digest, sealed)
            if data is not None:
                return data, day
            if self._keys.keys_of(day) and sealed[:_TELLS] not in self._told:
                damaged = sealed[:_TELLS]
        if damaged and not quiet:
            self._told.add(damaged)
            raise BlobDamaged("an object is not the blob that was put")
        return None, 0

    def _open(self, digest: bytes, sealed: bytes) -> bytes | None:
        """What is in an object. Another process may have made a key that was not heard of here."""
        day = day_of(sealed)
        known = self._keys.keys_of(day)
        for key in known:
            if (data := unseal(key, digest, sealed)) is not None:
                return data
        self._keys.refresh()
        for key in self._keys.keys_of(day):
            if key not in known and (data := unseal(key, digest, sealed)) is not None:
                return data
        return None

    def _delete_past(self, names: Sequence[str], day: int) -> None:
        for begin in range(0, len(names), _TOGETHER):
            part, gone = names[begin : begin + _TOGETHER], []
            looked = self._clock()
            for name in part:
                head = self._objects.begin(name, _HEAD)
                if head is not None and day_of(head) < day:
                    gone.append(name)
            if self._clock() - looked > _LOOK_S:  # this process was held up, and others may have put it again
                gone = [name for name in gone if day_of(self._objects.begin(name, _HEAD) or b"\xff\xff") < day]
            self._objects.delete(gone)
