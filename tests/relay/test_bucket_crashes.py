"""A relay that ends between any two writes to its bucket, or to the file with its keys, loses and leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from nullabona.machine.erasing import erase
from nullabona.machine.opening import PathUnusable
from nullabona.relay.store import blob_keys
from nullabona.relay.store.blob_keys import BlobKeys, BlobKeysDamaged
from nullabona.relay.store.fresh import FreshBlob
from nullabona.relay.store.interface import BlobDamaged
from nullabona.relay.store.objects import ObjectBlobStore
from nullabona.relay.store.s3 import S3Objects
from tests.relay.buckets import Crash, Watched, bucket_store, crash_at

DAY = 50
DATA = [bytes([number]) * 100 for number in range(4)]
BLOBS = [FreshBlob(sha256(data).digest(), data, DAY + number % 2) for number, data in enumerate(DATA)]
CHANGES = 2 + len(BLOBS)
"""Requests that write a batch of two days: two lists, and the blobs."""


def when(bucket: Watched, where: str, number: int) -> None:
    setattr(bucket, where, crash_at(number))


def again(bucket: Watched) -> None:
    bucket.before = bucket.after = lambda _number: None


def test_a_batch_takes_as_many_requests_as_the_crashes_below(tmp_path: Path) -> None:
    """So that none of them is left out."""
    bucket = Watched()
    bucket_store(bucket, tmp_path).put_batch(BLOBS)
    assert CHANGES == len(bucket.changes)


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", range(CHANGES))
def test_a_crash_in_a_batch_leaves_nothing_for_good(tmp_path: Path, where: str, number: int) -> None:
    """What is found afterwards is whole, a repetition completes it, and expiry removes every object."""
    bucket = Watched()
    when(bucket, where, number)
    with pytest.raises(Crash):
        bucket_store(bucket, tmp_path).put_batch(BLOBS)
    again(bucket)
    store = bucket_store(bucket, tmp_path)
    assert all(store.get(blob.digest) in {None, blob.data} for blob in BLOBS)
    left = bucket_store(bucket, tmp_path)
    left.expire(DAY + 2)
    assert set() == bucket.everything()
    store.put_batch(BLOBS)
    assert DATA == [store.get(blob.digest) for blob in BLOBS]


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", range(2))
def test_a_crash_in_an_expiry_is_made_good_by_the_next(tmp_path: Path, where: str, number: int) -> None:
    """What has expired cannot be read from the first moment on; the next expiry removes what is left of it."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    store.put_batch(BLOBS)
    store.put(BLOBS[0].digest, DATA[0], DAY + 5)
    when(bucket, where, len(bucket.changes) + number)
    with pytest.raises(Crash):
        store.expire(DAY + 1)
    again(bucket)
    store = bucket_store(bucket, tmp_path)
    expected = [DATA[0], DATA[1], None, DATA[3]]
    assert expected == [store.get(blob.digest) for blob in BLOBS]
    store.expire(DAY + 1)
    assert expected == [store.get(blob.digest) for blob in BLOBS]
    assert 3 == len(bucket.names("blobs/"))
    store.expire(DAY + 6)
    assert set() == bucket.everything()


def test_many_are_deleted_in_batches(tmp_path: Path) -> None:
    """A day's blobs are deleted some hundreds with a request."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    datas = [os.urandom(8) for _ in range(450)]
    store.put_batch([FreshBlob(sha256(data).digest(), data, DAY) for data in datas])
    bucket.changes.clear()
    store.expire(DAY + 1)
    assert [200, 200, 50, 1] == [len(names) for _, *names in bucket.changes]
    assert set() == bucket.everything()


def test_a_damaged_list_keeps_no_blob_alive(tmp_path: Path) -> None:
    """If somebody changed it in the bucket, every blob is looked at."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    store.put_batch(BLOBS)
    (name,) = bucket.names(f"days/{DAY}/")
    bucket.put(name, b"\xc1")
    store.expire(DAY + 1)
    assert [None, DATA[1], None, DATA[3]] == [store.get(blob.digest) for blob in BLOBS]
    assert 2 == len(bucket.names("blobs/"))


def test_what_the_bucket_kept_of_a_deleted_blob_cannot_be_read(tmp_path: Path) -> None:
    """Somebody who brings back every object, and has the relay's disk, has no key for them."""
    bucket = Watched()
    store = bucket_store(bucket, tmp_path)
    store.put_batch(BLOBS)
    kept = {name: bucket.get(name) or b"" for name in bucket.names("blobs/")}
    assert not any(data in held for data in DATA for held in kept.values())
    store.expire(DAY + 2)
    for name, held in kept.items():
        bucket.put(name, held)
    assert [None] * 4 == [bucket_store(bucket, tmp_path).get(blob.digest) for blob in BLOBS]


def test_erased_keys_are_in_no_file(tmp_path: Path) -> None:
    """Only those of other days are left on the disk, and only in the one file."""
    keys = BlobKeys(tmp_path)
    gone, stays = keys.make_key(DAY), keys.make_key(DAY + 1)
    keys.erase_before(DAY + 1)
    assert [blob_keys.FILE] == [path.name for path in tmp_path.iterdir()]
    held = (tmp_path / blob_keys.FILE).read_bytes()
    assert (False, True) == (gone in held, stays in held)
    assert 0o600 == (tmp_path / blob_keys.FILE).stat().st_mode & 0o777
    assert (None, stays) == (BlobKeys(tmp_path).key_of(DAY), BlobKeys(tmp_path).key_of(DAY + 1))


@pytest.mark.parametrize("step", ["hardlink_to", "replace", "sync_folder", "erase"])
def test_a_crash_while_keys_change_leaves_them_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The next start has the older keys or the newer ones, and no file of the attempt."""
    keys = BlobKeys(tmp_path)
    gone, stays = keys.make_key(DAY), keys.make_key(DAY + 1)

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        if step in {"hardlink_to", "replace"}:
            patch.setattr(Path, step, crash)
        else:
            calls: Iterator[Callable[[Path], None]] = iter(
                [erase, crash]
            )  # the first overwrites what an earlier crash left
            patch.setattr(blob_keys, step, crash if step == "sync_folder" else lambda path: next(calls)(path))  # noqa: PLW0108 - another one each time
        with pytest.raises(Crash):
            keys.erase_before(DAY + 1)
    after = BlobKeys(tmp_path)
    assert [blob_keys.FILE] == [path.name for path in tmp_path.iterdir()]
    assert stays == after.key_of(DAY + 1)
    after.erase_before(DAY + 1)
    assert gone not in (tmp_path / blob_keys.FILE).read_bytes()


def test_a_damaged_file_of_keys_is_refused(tmp_path: Path) -> None:
    """It is not replaced by new keys without a word, because all blobs would be lost with it."""
    BlobKeys(tmp_path)
    (tmp_path / blob_keys.FILE).write_bytes(b"none")
    with pytest.raises(BlobKeysDamaged):
        BlobKeys(tmp_path)


def test_keys_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """A missing folder is the operator's to mend."""
    with pytest.raises(PathUnusable):
        BlobKeys(tmp_path / "missing")


def test_what_is_put_again_while_it_expires_stays(tmp_path: Path) -> None:
    """Batches are written by many threads; whichever comes first, a blob with a later day is there afterwards."""
    bucket = S3Objects(MemoryStore())
    store = ObjectBlobStore(bucket, BlobKeys(tmp_path), at_once=4)
    datas = [bytes([number]) * 8 for number in range(250)]
    blobs = [FreshBlob(sha256(data).digest(), data, DAY) for data in datas]
    store.put_batch(blobs)
    with ThreadPoolExecutor(2) as threads:
        again = threads.submit(store.put_batch, [blob._replace(expiry_day=DAY + 5) for blob in blobs])
        threads.submit(store.expire, DAY + 1).result()
        again.result()
    assert datas == [store.get(blob.digest) for blob in blobs]
    store.expire(DAY + 6)
    assert [] == bucket.names("")


def test_a_process_beside_the_relay_changes_nothing_that_it_reads(tmp_path: Path) -> None:
    """It may read a bucket that it cannot open whole, and leaves that to the relay."""
    bucket = Watched()
    bucket_store(bucket, tmp_path).put(BLOBS[0].digest, DATA[0], DAY)
    (name,) = bucket.names("blobs/")
    bucket.objects.put(name, b"damaged")
    beside = ObjectBlobStore(bucket, BlobKeys(tmp_path, serving=False), serving=False)
    before = bucket.everything()
    with suppress(BlobDamaged):
        beside.get(BLOBS[0].digest)
    assert before == bucket.everything()
