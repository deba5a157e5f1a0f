"""Blobs wait in memory and go out in shuffled batches, so that a bucket's times say little (spec/relay.md §5.1)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest

from nullabona.relay.core.limits import Limits
from nullabona.relay.server import Stores
from nullabona.relay.store import bucket_schema
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.fresh import FreshBlobs, WaitingStore
from nullabona.relay.store.interface import BlobDamaged, StoreFailed
from nullabona.relay.store.memory import MemoryBlobStore, MemoryBoxStore
from nullabona.relay.store.objects import OVERHEAD
from nullabona.wire.message import Request
from nullabona.wire.messages import Blob, Done, GetBlob, PutBlob, Refusal
from nullabona.wire.service import Handler, Service
from tests.relay.buckets import Watched, bucket_store, fail_from
from tests.relay.peers import RunningRelay

DAY = 50
INTERVAL_S = 3_600
COUNT = 40
Start = Callable[..., RunningRelay]


def put(data: bytes) -> PutBlob:
    return PutBlob(sha256(data).digest(), data)


class Seized:
    """A relay with a bucket of which somebody notes when each object was written: its Last-Modified."""

    def __init__(
        self,
        run: Start,
        most_bytes: int = 2**20,
        interval_s: int = INTERVAL_S,
        waiting: WaitingStore | None = None,
        services: Sequence[Service] = (),
    ) -> None:
        self.bucket = Watched()
        self.bucket.after = self._note
        self.store = bucket_store(self.bucket)
        self.fresh = FreshBlobs(self.store, waiting or MemoryBlobStore(), interval_s, most_bytes)
        self.relay: RunningRelay = run(
            stores=Stores(MemoryBoxStore(), self.fresh), limits=Limits(), data=None, services=services
        )
        self.client = self.relay.client()
        self.times: dict[str, int] = {}
        self.arrivals: list[bytes] = []

    def arrive(self, count: int) -> None:
        """Blobs of one size come, a minute between them."""
        self.client = self.relay.client()  # hours may have passed, after which a silent connection is cut
        for _ in range(count):
            request = put(os.urandom(4_096))
            assert Done() == self.client.ask(request)
            self.arrivals.append(request.digest)
            self.wait(60)

    def wait(self, seconds: int) -> None:
        self.relay.tick(seconds=seconds)
        self.relay.settle()

    def findings(self) -> set[str]:
        """What the bucket says of the blobs beyond the interval in which they came."""
        written = [name for name in self.times if name.startswith("blobs/")]
        came = [f"blobs/{self.store._keys.name_of(digest)}" for digest in self.arrivals]
        assert sorted(came) == sorted(written), "some did not get there"
        found = set()
        if len({self.times[name] for name in written}) > 1:
            found.add("times")
        if abs(likeness(came, written)) > 0.6:  # by chance once in ten million times
            found.add("order")
        if {digest.hex() for digest in self.arrivals} & {name.removeprefix("blobs/") for name in written}:
            found.add("names")
        if {4_096 + OVERHEAD} != {len(self.bucket.get(name) or b"") for name in written}:
            found.add("sizes")
        return found

    def _note(self, _number: int) -> None:
        what, *names = self.bucket.changes[-1]
        if what == "put":
            self.times.update(dict.fromkeys(names, self.relay.hands.now))


def likeness(one: list[str], other: list[str]) -> float:
    """Kendall's tau of two orders of the same names: 1 for the same order, -1 for the reverse, near 0 by chance."""
    place = {name: at for at, name in enumerate(other)}
    pairs = [place[first] < place[second] for first, second in combinations(one, 2)]
    return 2 * sum(pairs) / len(pairs) - 1


@pytest.mark.parametrize("seed", range(3))
def test_a_bucket_shows_the_interval_and_no_more(run: Start, seed: int) -> None:
    """Of blobs that came minutes apart it shows neither times nor order, and not the digests by which they are asked
    for.
    """
    seized = Seized(run)
    seized.wait(seed * 60)
    seized.arrive(COUNT)
    assert {} == seized.times
    seized.wait(INTERVAL_S)
    assert set() == seized.findings()


def test_without_the_shuffle_the_order_shows(run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same look finds the order of arrival if batches are not shuffled."""
    seized = Seized(run)
    monkeypatch.setattr(seized.fresh, "_shuffle", lambda _batch: None)
    seized.arrive(COUNT)
    seized.wait(INTERVAL_S)
    assert {"order"} == seized.findings()


def test_without_the_interval_the_times_show(run: Start) -> None:
    """The same look finds the times of arrival, and so the order, if each blob is written when it comes."""
    seized = Seized(run, interval_s=60)
    seized.arrive(COUNT)
    seized.wait(INTERVAL_S)
    assert {"times", "order"} == seized.findings()


def test_no_blob_moves_the_beat(run: Start) -> None:
    """Batches begin at the same moments whether blobs come early, late, or not at all in between."""
    seized = Seized(run)
    seized.wait(INTERVAL_S + 600)
    seized.arrive(1)
    seized.wait(INTERVAL_S - 661)
    assert {} == seized.times
    seized.wait(1)
    assert 2 == len(seized.times)


def test_a_fresh_blob_is_served_before_and_after_its_batch(run: Start) -> None:
    """Somebody who asks at once gets it from memory, and later from the bucket."""
    seized = Seized(run)
    seized.arrive(1)
    (digest,) = seized.arrivals
    fresh = seized.client.ask(GetBlob(digest))
    seized.wait(INTERVAL_S)
    assert 0 == seized.fresh.waiting_bytes
    assert isinstance(fresh, Blob)
    assert fresh == seized.client.ask(GetBlob(digest))


def test_a_full_buffer_is_busy_and_writes_nothing_early(run: Start) -> None:
    """The last blob for which there is room is taken, the next one refused; after the batch there is room again."""
    seized = Seized(run, most_bytes=4 * 4_096)
    seized.arrive(4)
    more = put(os.urandom(1))
    assert Refusal("busy", 60) == seized.client.ask(more)
    assert {} == seized.times
    seized.wait(INTERVAL_S)
    assert Done() == seized.client.ask(more)


def test_a_batch_that_failed_takes_nothing_new_along(run: Start) -> None:
    """The rest of it is written a minute later; what came meanwhile waits for the next beat."""
    seized = Seized(run)
    seized.arrive(3)
    seized.bucket.before = fail_from(2)
    seized.wait(INTERVAL_S)
    seized.arrive(1)
    seized.bucket.before = lambda _number: None
    late = seized.arrivals.pop()
    seized.wait(61)
    assert 1 == len(seized.fresh._index)
    assert late in seized.fresh._index
    seized.wait(INTERVAL_S)
    assert 4 == sum(name.startswith("blobs/") for name in seized.times)
    assert 0 == seized.fresh.waiting_bytes


def test_what_waits_is_counted(run: Start) -> None:
    """For the operator's alert, in steps of 64 MiB; a relay without a bucket has no such number."""
    seized = Seized(run, most_bytes=3 * 2**26)
    seized.arrive(1)
    assert (4_096, 3 * 2**26) == seized.relay.relay.blobs.waiting_bytes
    seized.wait(60)
    shown = seized.relay.relay.metrics.text()
    assert "nullabona_relay_blob_bytes_waiting 0\n" in shown
    assert f"nullabona_relay_blob_bytes_waiting_limit {3 * 2**26}\n" in shown
    other = run()
    other.tick(seconds=60)
    assert "waiting_limit" not in other.relay.metrics.text()


def test_a_stop_writes_what_waits(run: Start) -> None:
    """An upgrade costs nobody a blob."""
    seized = Seized(run)
    seized.arrive(5)
    seized.relay.stop()
    assert 5 == sum(name.startswith("blobs/") for name in seized.times)


def test_a_long_batch_at_a_stop_keeps_no_service_from_closing(run: Start) -> None:
    """A batch may take longer than a graceful stop; what else is in the process is closed before it."""
    closed = threading.Event()

    class Beside:
        def handlers(self) -> dict[type[Request], Handler]:
            return {}

        async def close(self) -> None:
            closed.set()

    seized = Seized(run, services=[Beside()])
    seized.arrive(1)
    seen: list[bool] = []
    seized.bucket.before = lambda _number: seen.append(closed.wait(5))
    seized.relay.stop()
    assert [True, True] == seen
    assert 2 == len(seized.times)


def test_put_again_while_it_is_written_it_keeps_its_later_day(tmp_path: Path) -> None:
    """It stays in memory for the next batch, and is never lost in between."""
    bucket = Watched()
    fresh = FreshBlobs(bucket_store(bucket, tmp_path), MemoryBlobStore(), INTERVAL_S, 2**20)
    data = b"chunk"
    digest = sha256(data).digest()
    fresh.put(digest, data, DAY)
    fresh.begin_batch()
    bucket.after = lambda _number: fresh.put(digest, data, DAY + 1)
    fresh.write_batch()
    bucket.after = lambda _number: None
    assert 5 == fresh.waiting_bytes
    fresh.expire(DAY + 1)
    assert data == fresh.get(digest)
    fresh.begin_batch()
    fresh.write_batch()
    fresh.expire(DAY + 1)
    assert (data, 0) == (bucket_store(bucket, tmp_path).get(digest), fresh.waiting_bytes)


def test_what_waits_is_lost_with_the_process_and_put_again() -> None:
    """A crash costs the blobs of one interval; their senders' next put is all it takes."""
    bucket = Watched()
    store = bucket_store(bucket)
    data = b"chunk"
    FreshBlobs(store, MemoryBlobStore(), INTERVAL_S, 2**20).put(sha256(data).digest(), data, DAY)
    after = FreshBlobs(store, MemoryBlobStore(), INTERVAL_S, 2**20)
    assert after.get(sha256(data).digest()) is None
    after.put(sha256(data).digest(), data, DAY)
    assert data == after.get(sha256(data).digest())


def test_a_days_bytes_are_counted_across_a_restart() -> None:
    """The quota knows what the bucket has of today, what waits, and nothing twice."""
    bucket = Watched()
    store = bucket_store(bucket)
    store.put(sha256(b"before").digest(), b"before", DAY)
    fresh = FreshBlobs(store, MemoryBlobStore(), INTERVAL_S, 2**20)
    assert 6 == fresh.used(DAY)
    fresh.put(sha256(b"now").digest(), b"now", DAY)
    assert 9 == fresh.used(DAY)
    fresh.begin_batch()
    fresh.write_batch()
    assert (9, 0) == (fresh.used(DAY), fresh.used(DAY + 1))


def test_a_failed_batch_is_told(tmp_path: Path) -> None:
    """The caller hears of it and may try again; nothing is lost."""
    bucket = Watched()
    fresh = FreshBlobs(bucket_store(bucket, tmp_path), MemoryBlobStore(), INTERVAL_S, 2**20)
    fresh.put(sha256(b"chunk").digest(), b"chunk", DAY)
    fresh.begin_batch()
    bucket.before = fail_from(0)
    with pytest.raises(StoreFailed):
        fresh.write_batch()
    assert b"chunk" == fresh.get(sha256(b"chunk").digest())


def test_what_was_damaged_while_it_waited_is_never_served(tmp_path: Path) -> None:
    """Neither from memory nor from the bucket, where it does not come."""
    waiting, bucket = MemoryBlobStore(), Watched()
    fresh = FreshBlobs(bucket_store(bucket, tmp_path), waiting, INTERVAL_S, 2**20)
    digest = sha256(b"chunk").digest()
    fresh.put(digest, b"chunk", DAY)
    waiting._blobs[digest] = (DAY, b"chuck")
    with pytest.raises(BlobDamaged):
        fresh.get(digest)
    assert (None, 0) == (fresh.get(digest), fresh.waiting_bytes)
    fresh.put(digest, b"chunk", DAY)
    waiting._blobs[digest] = (DAY, b"chuck")
    fresh.begin_batch()
    fresh.write_batch()
    assert ([], None) == (bucket.names("blobs/"), fresh.get(digest))


def test_what_was_damaged_before_it_was_sealed_is_never_served(tmp_path: Path) -> None:
    """The seal is whole, the blob is not."""
    store, digest = bucket_store(Watched(), tmp_path), sha256(b"chunk").digest()
    store.put(digest, b"chuck", DAY)
    with pytest.raises(BlobDamaged):
        store.get(digest)


def test_a_blob_that_waits_on_the_disk_outlives_a_crash(tmp_path: Path) -> None:
    """What an earlier process left is served, belongs to the next batch, and then leaves the disk."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    digest = sha256(b"chunk").digest()
    FreshBlobs(store, FileBlobStore(tmp_path), INTERVAL_S, 2**20).put(digest, b"chunk", DAY)
    after = FreshBlobs(store, FileBlobStore(tmp_path), INTERVAL_S, 2**20)
    assert (b"chunk", 5, 5) == (after.get(digest), after.waiting_bytes, after.used(DAY))
    after.begin_batch()
    after.write_batch()
    assert (b"chunk", 0) == (store.get(digest), after.waiting_bytes)
    assert [] == [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_waiting_on_the_disk_shows_no_more_in_the_bucket(run: Start, tmp_path: Path) -> None:
    """The same batches at the same beats; and while they wait the files have no time but that of their change."""
    seized = Seized(run, waiting=FileBlobStore(tmp_path))
    seized.arrive(COUNT)
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert ({}, COUNT, {0.0}) == (seized.times, len(files), {path.stat().st_mtime for path in files})
    seized.wait(INTERVAL_S)
    assert set() == seized.findings()


def test_what_is_in_a_bucket_was_declared(tmp_path: Path) -> None:
    """Every object and every file of the keys is of a kind that spec/data-held.md lists."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    store.put(sha256(b"chunk").digest(), b"chunk", DAY)
    patterns = [pattern_of(file.pattern.removeprefix("<prefix>")) for file in bucket_schema.FILES]
    names = [*bucket.objects.names(""), *(path.name for path in tmp_path.iterdir())]
    assert 3 == len(names)
    assert [] == [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]
    held = bucket.get(next(iter(bucket.names("blobs/")))) or b""
    assert DAY.to_bytes(2, "big") == held[:2]
    assert len(b"chunk") + OVERHEAD == len(held)


def pattern_of(declared: str) -> str:
    for words, meaning in {"<expiry day>": r"\d+", "<64 hex>": "[0-9a-f]{64}", "<32 hex>": "[0-9a-f]{32}",
                           "<new or old>": "(new|old)"}.items():  # fmt: skip
        declared = declared.replace(words, meaning)
    return declared
