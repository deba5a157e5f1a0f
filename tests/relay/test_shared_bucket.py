"""Blobs of several relay processes in one bucket: found at each of them, and lost by no crash (spec/engine.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

import pytest

from nullabona.processes.engine import EngineCluster
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.key_ring import KeyRing
from nullabona.relay.store.objects import Objects
from nullabona.relay.store.shared_bucket import SharedBucket
from tests.relay.buckets import Crash, Watched
from tests.relay.engines import needs_engine
from tests.relay.rooms import EngineRooms, MemoryRoom

DAY: Final = 50
DATAS: Final = [bytes([number]) * 100 for number in range(5)]
BLOBS: Final = {sha256(data).digest(): data for data in DATAS}

Process = Callable[[], SharedBucket]
"""Begins a process of the relay."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """An engine of two shards, for all tests of this file."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()


@pytest.fixture(params=["memory", pytest.param("engine", marks=needs_engine)])
def process(request: pytest.FixtureRequest) -> Iterator[Process]:
    """Processes that share a bucket, and a room in memory or on an engine."""
    bucket = Watched()
    if request.param == "memory":
        room = MemoryRoom()
        yield lambda: SharedBucket(room, bucket, KeyRing(room), 60)
        return
    rooms = EngineRooms(request.getfixturevalue("cluster"))

    def begin() -> SharedBucket:
        own = rooms.room()
        return SharedBucket(own, bucket, KeyRing(own), 60)

    yield begin
    rooms.close()


def put_all(store: SharedBucket, day: int = DAY) -> None:
    for digest, data in BLOBS.items():
        store.put(digest, data, day)


def read_all(store: SharedBucket) -> dict[bytes, bytes | None]:
    return {digest: store.get(digest) for digest in BLOBS}


def write_all(store: SharedBucket) -> None:
    """A batch."""
    store.take_all()
    store.write_batch()


def test_a_blob_is_found_at_every_process(process: Process) -> None:
    """At once, once it is in the bucket, and when it has left the engine; each process writes one of the batches."""
    first, second = process(), process()
    put_all(first)
    assert BLOBS == read_all(second)
    write_all(first)
    assert BLOBS == read_all(second) == read_all(first)
    assert len(BLOBS) == len(second._room.waiting())
    write_all(second)
    assert [] == list(first._room.waiting())
    assert BLOBS == read_all(second) == read_all(first) == read_all(process())
    assert sum(map(len, DATAS)) == first.used(DAY) == second.used(DAY)


def test_a_blob_that_was_put_again_is_kept_longer(process: Process) -> None:
    """Also while it is being written, and at whichever process."""
    first, second = process(), process()
    put_all(first)
    write_all(first)
    put_all(second, DAY + 2)
    write_all(first)
    assert len(BLOBS) == len(first._room.waiting())
    write_all(second)
    second.expire(DAY + 1)
    assert BLOBS == read_all(first) == read_all(process())


def test_what_expired_is_read_nowhere_and_leaves_nothing(process: Process) -> None:
    """Whether it waited or was in the bucket, and a process that still knew the keys cannot bring them back."""
    first, second = process(), process()
    put_all(first)
    for store in (first, second):
        write_all(store)
    put_all(second)
    late = process()
    assert BLOBS == read_all(late)
    second.expire(DAY + 1)
    first.expire(DAY + 1)
    late._keys.refresh()
    nothing = dict.fromkeys(BLOBS)
    assert nothing == read_all(first) == read_all(second) == read_all(process()) == read_all(late)
    bucket = first._objects
    assert isinstance(bucket, Watched)
    assert set() == bucket.everything()
    with pytest.raises(StoreFailed):
        first._keys.make_key(DAY)


@pytest.mark.parametrize("ends", [False, True])
def test_what_is_erased_during_a_batch_stays_erased(process: Process, *, ends: bool) -> None:
    """The batch has the blob already; also if its process ends once it wrote the object. A client may put it again."""
    first, second = process(), process()
    put_all(first)
    bucket, victim = first._objects, next(iter(BLOBS))
    assert isinstance(bucket, Watched)
    wanted = BLOBS | {victim: None}
    first._shuffle = list.sort
    name = f"blobs/{first._keys.names_of(victim)[0]}"

    class Erasing(Watched):
        """Somebody erases the blob just before the batch writes it."""

        def put(self, at: str, data: bytes) -> None:
            if at == name:
                assert second.remove(victim)
            bucket.put(at, data)
            if at == name and ends:
                raise Crash

    first._objects = Erasing(bucket)
    if ends:
        with pytest.raises(Crash):
            write_all(first)
        assert name in bucket.everything()
    else:
        write_all(first)
    write_all(second)
    write_all(second)
    assert wanted == read_all(second) == read_all(process())
    assert name not in bucket.everything()
    assert not second.remove(victim)
    second.put(victim, BLOBS[victim], DAY)
    assert BLOBS == read_all(process())
    assert second.remove(victim)
    for store in (second, process()):
        write_all(store)
    assert wanted == read_all(process())
    for day in (DAY + 1, DAY + 2):
        second.expire(day)
    assert ([], set()) == (list(second._room.waiting()), bucket.everything())


def test_a_damaged_list_keeps_nothing_from_expiring(process: Process) -> None:
    """Somebody changed the lists of batches: all objects are looked at, and what has not expired stays."""
    store = process()
    put_all(store)
    write_all(store)
    write_all(store)
    other = b"of a later day"
    store.put(sha256(other).digest(), other, DAY + 1)
    write_all(store)
    bucket = store._objects
    for name in bucket.names(f"days/{DAY}/"):
        bucket.put(name, b"\xc1")
    store.expire(DAY + 1)
    write_all(store)  # what is in the bucket leaves the engine
    assert other == store.get(sha256(other).digest())
    assert (1, []) == (len(bucket.names("blobs/")), bucket.names(f"days/{DAY}/"))


def test_keys_that_were_lost_are_told_again() -> None:
    """The engine is empty, and processes that could not hear one another make keys for the same day."""
    bucket, rooms = Watched(), [MemoryRoom(), MemoryRoom()]
    stores = [SharedBucket(room, bucket, KeyRing(room), 60) for room in rooms]
    halves = [dict(list(BLOBS.items())[:2]), dict(list(BLOBS.items())[2:])]
    for store, half in zip(stores, halves, strict=True):
        for digest, data in half.items():
            store.put(digest, data, DAY)
        write_all(store)
        write_all(store)
    united = MemoryRoom()
    for store in stores:
        store._room, store._keys._agreement = united, united
    for store in stores * 2:  # as each does from time to time
        store._keys.refresh()
    assert BLOBS == read_all(SharedBucket(united, bucket, KeyRing(united), 60)) == read_all(stores[0])


class Steps:
    """Ends a process at one of the changes to bucket or room, before or after it was made."""

    def __init__(self, room: MemoryRoom, bucket: Watched) -> None:
        self.room, self.bucket = room, bucket
        self.count = 0

    def run(self, work: Callable[[], object], *, end_at: int | None = None, done: bool = False) -> None:
        self.count = 0

        def step(change: Callable[[], None]) -> None:
            mine = self.count == end_at
            self.count += 1
            if mine and not done:
                raise Crash
            change()
            if mine:
                raise Crash

        self.room.changed = lambda _what, change: step(change)
        plain = self.bucket.objects
        self.bucket.objects = Spied(plain, step)
        try:
            work()
        finally:
            self.room.changed = lambda _what, change: change()
            self.bucket.objects = plain


class Spied:
    """`Objects` whose changes are steps."""

    def __init__(self, objects: Objects, step: Callable[[Callable[[], None]], None]) -> None:
        self.objects, self._step = objects, step
        self.get, self.begin, self.names = objects.get, objects.begin, objects.names

    def put(self, name: str, data: bytes) -> None:
        self._step(lambda: self.objects.put(name, data))

    def delete(self, names: Sequence[str]) -> None:
        self._step(lambda: self.objects.delete(names))


def life(store: SharedBucket) -> None:
    """Two batches, and the end of a day before."""
    write_all(store)
    write_all(store)
    store.expire(DAY)


def stage() -> tuple[MemoryRoom, Watched, Process]:
    room, bucket = MemoryRoom(), Watched()

    def process() -> SharedBucket:
        return SharedBucket(room, bucket, KeyRing(room), 60)

    old = process()
    put_all(old, DAY - 1)
    write_all(old)
    write_all(old)
    put_all(old)  # the same blobs, for another day
    return room, bucket, process


def steps_of_a_life() -> int:
    room, bucket, process = stage()
    steps = Steps(room, bucket)
    steps.run(lambda: life(process()))
    return steps.count


def test_a_crash_between_any_two_steps_loses_nothing() -> None:
    """At every step, before and after it: all that was acknowledged is read at another process, at once and after its
    batches; and when its day is over nothing is left.
    """
    count = steps_of_a_life()
    assert count > 2 * len(BLOBS)
    for end_at in range(count):
        for done in (False, True):
            room, bucket, process = stage()
            with pytest.raises(Crash):
                Steps(room, bucket).run(lambda begin=process: life(begin()), end_at=end_at, done=done)  # type: ignore[misc]
            other = process()
            assert BLOBS == read_all(other), (end_at, done)
            life(other)
            assert BLOBS == read_all(process()), (end_at, done)
            assert ([], {}) == (list(room.waiting()), room.blobs), (end_at, done)
            process().expire(DAY + 1)
            process().expire(DAY + 2)
            assert set() == bucket.everything(), (end_at, done)


class HeldUp(Spied):
    """Something happens between the look at what has expired and its deletion."""

    def __init__(self, objects: Objects, meanwhile: Callable[[], None]) -> None:
        super().__init__(objects, lambda change: change())
        self.meanwhile = meanwhile

    def delete(self, names: Sequence[str]) -> None:
        self.meanwhile()
        self.objects.delete(names)


def test_who_deletes_late_deletes_nothing_for_good() -> None:
    """A process looked at old objects and was held up; meanwhile another one put the blobs again and wrote them."""
    room, bucket, process = stage()
    room.blobs.clear()
    slow, other = process(), process()
    plain = bucket.objects

    def meanwhile() -> None:
        bucket.objects = plain
        put_all(other)
        write_all(other)

    bucket.objects = HeldUp(plain, meanwhile)
    slow.expire(DAY)
    assert set() == {name for name in bucket.everything() if name.startswith("blobs/")}, "they were deleted"
    assert BLOBS == read_all(process())
    write_all(other)
    write_all(other)
    assert {} == room.blobs
    assert BLOBS == read_all(process())


def test_a_batch_is_of_one_process_and_shuffled() -> None:
    """Whoever asks first when it is time; in another order than that of the arrivals."""
    room, bucket = MemoryRoom(), Watched()
    first, second = (SharedBucket(room, bucket, KeyRing(room), 60, shuffle=list.reverse) for _ in range(2))
    put_all(first)
    room.due = True
    assert (True, False, False) == (second.begin_batch(), first.begin_batch(), second.begin_batch())
    second.write_batch()
    names = [f"blobs/{first._keys.names_of(digest)[0]}" for digest in BLOBS]
    assert names[::-1] == [change[1] for change in bucket.changes if change[1].startswith("blobs/")]
