"""The contract of every blob store: memory, files, a bucket, and fresh ones before a bucket (store/interface.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.relay.bucket import credentials_of
from nullabona.relay.shelves.engine.shared_blobs import SharedBlobs
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.fresh import FreshBlobs
from nullabona.relay.store.interface import BlobDamaged, BlobStore
from nullabona.relay.store.key_ring import KeyRing
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.objects import Objects
from nullabona.relay.store.s3 import connect
from nullabona.relay.store.shared_bucket import SharedBucket
from tests.relay.buckets import Watched, bucket_store
from tests.relay.engines import needs_engine
from tests.relay.rooms import EngineRooms, MemoryRoom
from tests.relay.s3_server import NEEDED, S3Server, credentials_file

DAY = 50
DATA = b"one chunk of ciphertext"
DIGEST = sha256(DATA).digest()

Damage = Callable[[], None]
"""Changes what is kept of the one blob that was put, as a failing disk would."""


@pytest.fixture(
    params=[
        "memory",
        "files",
        "bucket",
        "fresh",
        "fresh-files",
        "shared",
        pytest.param("shared-s3", marks=[pytest.mark.slow, NEEDED, needs_engine]),
        pytest.param("s3", marks=[pytest.mark.slow, NEEDED]),
    ]
)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[BlobStore, Damage]]:
    """Each kind of blob store, empty, and what damages the blob in it."""
    if request.param == "memory":
        memory = MemoryBlobStore()
        yield memory, lambda: memory._blobs.update({DIGEST: (DAY, b"another chunk, same len")})
    elif request.param == "files":
        yield FileBlobStore(tmp_path), lambda: damage_file(tmp_path)
    elif request.param == "s3":
        with S3Server(tmp_path / "server") as server:
            bucket = server.bucket("blobs", credentials_file(tmp_path), prefix="relay/")
            objects = connect(bucket, credentials_of(bucket))
            yield bucket_store(objects, tmp_path), lambda: damage_object(objects)
    elif request.param == "shared":
        bucket_, room = Watched(), MemoryRoom()
        yield shared(room, bucket_)
    elif request.param == "shared-s3":
        with S3Server(tmp_path / "server") as server, EngineRooms.on(tmp_path / "engine") as rooms:
            bucket = server.bucket("blobs", credentials_file(tmp_path), prefix="relay/")
            yield shared(rooms.room(), connect(bucket, credentials_of(bucket)))
    else:
        watched = Watched()
        store = bucket_store(watched, tmp_path)
        fresh = FreshBlobs(
            store, FileBlobStore(tmp_path) if request.param == "fresh-files" else MemoryBlobStore(), 3_600, 2**20
        )

        def damage() -> None:
            fresh.begin_batch()
            fresh.write_batch()
            damage_object(watched)

        yield (fresh, damage) if request.param != "bucket" else (store, lambda: damage_object(watched))


@pytest.fixture
def blobs(made: tuple[BlobStore, Damage]) -> BlobStore:
    """Each kind of blob store, empty."""
    return made[0]


def shared(room: SharedBlobs | MemoryRoom, objects: Objects) -> tuple[BlobStore, Damage]:
    """A store of several processes, and what damages a blob that has left the room."""
    store = SharedBucket(room, objects, KeyRing(room), 60)

    def damage() -> None:
        for _ in range(2):
            store.take_all()
            store.write_batch()
        damage_object(objects)

    return store, damage


def damage_file(directory: Path) -> None:
    (path,) = [path for path in (directory / "blobs").rglob("*") if path.is_file()]
    path.write_bytes(b"another chunk, same len")


def damage_object(objects: Objects) -> None:
    (name,) = objects.names("blobs/")
    held = objects.get(name)
    assert held is not None
    objects.put(name, held[:-1] + bytes([held[-1] ^ 1]))


def test_a_blob_is_kept_until_its_day(blobs: BlobStore) -> None:
    """It is found until its day has passed; putting it again moves the day on, and never back."""
    assert blobs.get(DIGEST) is None
    blobs.put(DIGEST, DATA, DAY)
    blobs.put(DIGEST, DATA, DAY + 2)
    blobs.put(DIGEST, DATA, DAY + 1)
    blobs.expire(DAY + 2)
    assert DATA == blobs.get(DIGEST)
    blobs.expire(DAY + 3)
    assert blobs.get(DIGEST) is None


def test_the_bytes_of_a_day_are_counted(blobs: BlobStore) -> None:
    """For the quota: every blob once, under its last day, and none after it was erased."""
    for number in range(3):
        data = bytes([number]) * (100 + number)
        blobs.put(sha256(data).digest(), data, DAY)
        blobs.put(sha256(data).digest(), data, DAY)
    assert 303 == blobs.used(DAY)
    blobs.expire(DAY + 1)
    assert 0 == blobs.used(DAY)


def test_an_unknown_digest_is_no_blob(blobs: BlobStore) -> None:
    """Nothing is found, and nothing removed, of what was never put; beside another blob as in an empty store."""
    other = sha256(b"other").digest()
    assert (None, False) == (blobs.get(other), blobs.remove(other))
    blobs.put(DIGEST, DATA, DAY)
    assert (None, False, DATA) == (blobs.get(other), blobs.remove(other), blobs.get(DIGEST))


@pytest.mark.parametrize("size", [0, 1, 4_096, 1_048_576])
def test_every_size_comes_back(blobs: BlobStore, size: int) -> None:
    """The empty blob, and the largest chunk there is."""
    data = bytes(size)
    blobs.put(sha256(data).digest(), data, DAY)
    assert data == blobs.get(sha256(data).digest())


def test_a_damaged_blob_is_never_served(made: tuple[BlobStore, Damage]) -> None:
    """The failure is told once, then the blob is missing, and put again it is there again."""
    blobs, damage = made
    blobs.put(DIGEST, DATA, DAY)
    damage()
    with pytest.raises(BlobDamaged):
        blobs.get(DIGEST)
    assert blobs.get(DIGEST) is None
    blobs.put(DIGEST, DATA, DAY)
    assert DATA == blobs.get(DIGEST)


def test_a_removed_blob_is_gone_and_may_come_again(blobs: BlobStore) -> None:
    """Somebody who puts it again finds it again."""
    blobs.put(DIGEST, DATA, DAY)
    assert (True, None) == (blobs.remove(DIGEST), blobs.get(DIGEST))
    blobs.put(DIGEST, DATA, DAY)
    assert DATA == blobs.get(DIGEST)


def test_blurring_times_loses_nothing(blobs: BlobStore) -> None:
    """It changes nothing that anyone can read."""
    blobs.put(DIGEST, DATA, DAY)
    blobs.blur()
    assert DATA == blobs.get(DIGEST)
