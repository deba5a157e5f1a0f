"""Two living processes never use one prefix of a bucket (spec/relay.md §5.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from nullabona.errors import NullabonaError
from nullabona.relay.blobs import BlobService
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.store.blob_keys import BlobKeys
from nullabona.relay.store.bucket_use import NAME, PATIENCE, BucketInUse, BucketUse
from nullabona.relay.store.fresh import FreshBlobs
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.s3 import S3Objects
from tests.relay.buckets import Watched, bucket_store, fail_from
from tests.relay.engines import needs_engine

OWN, OTHER = b"o" * 16, b"x" * 16


class Pauses:
    """Counts the pauses of one who waits; ``then`` happens in each."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self.then = then

    def __call__(self, _seconds: float) -> bool:
        self.count += 1
        self.then()
        return False


def claimed(objects: Watched, own: bytes, pauses: Pauses | None = None) -> BucketUse:
    use = BucketUse(objects, own, pause=pauses or Pauses())
    use.claim()
    return use


def test_a_prefix_that_is_used_is_refused() -> None:
    """Its user goes on saying so: the second is refused, and changes nothing."""
    objects = Watched()
    first = claimed(objects, OWN)
    pauses = Pauses(first.beat)
    with pytest.raises(BucketInUse):
        claimed(objects, OTHER, pauses)
    first.beat()
    assert (1, False) == (pauses.count, first.lost)


def test_who_was_killed_is_forgotten() -> None:
    """Another one takes the prefix after four beats in which nothing changed."""
    objects, pauses = Watched(), Pauses()
    claimed(objects, OWN)
    second = claimed(objects, OTHER, pauses)
    second.beat()
    assert (PATIENCE, False) == (pauses.count, second.lost)


def test_who_stops_in_order_leaves_it_at_once() -> None:
    """Also while another one waits for it."""
    objects = Watched()
    claimed(objects, OWN).release()
    waits_not = Pauses()
    second = claimed(objects, OTHER, waits_not)
    waits = Pauses(second.release)
    claimed(objects, OWN, waits)
    assert (0, 1) == (waits_not.count, waits.count)


def test_a_restart_on_the_same_data_waits_for_nothing() -> None:
    """Its lock says already that no other process has that directory."""
    objects, pauses = Watched(), Pauses()
    claimed(objects, OWN)
    second = claimed(objects, OWN, pauses)
    second.beat()
    assert (0, False) == (pauses.count, second.lost)


def test_who_was_suspended_finds_that_it_lost_the_prefix() -> None:
    """It neither writes its mark again nor takes away that of the other."""
    objects = Watched()
    first = claimed(objects, OWN)
    second = claimed(objects, OTHER)
    first.beat()
    first.beat()
    first.release()
    second.beat()
    assert (True, False) == (first.lost, second.lost)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_object_store_that_fails_ends_nobody(when: str) -> None:
    """Whether the mark was written or not."""
    objects = Watched()
    use = claimed(objects, OWN)
    setattr(objects, when, fail_from(1))
    use.beat()
    use.beat()
    setattr(objects, when, lambda _number: None)
    use.beat()
    assert not use.lost
    assert (objects.get(NAME) or b"").startswith(OWN)


def test_who_shares_a_bucket_uses_it_together() -> None:
    """Processes of one name on one engine: none takes it from the others, and who ends does not free it."""
    objects, pauses = Watched(), Pauses()
    first, second = (BucketUse(objects, OWN, shared=True, pause=pauses) for _ in range(2))
    for use in (first, second):
        use.claim()
    for use in (first, second, first):
        use.beat()
    first.release()
    with pytest.raises(BucketInUse):
        claimed(objects, OTHER, Pauses(second.beat))
    assert (0, False, False) == (pauses.count, first.lost, second.lost)


def test_who_shares_a_bucket_loses_it_to_a_stranger() -> None:
    """As any other process that was suspended."""
    objects = Watched()
    use = BucketUse(objects, OWN, shared=True, pause=Pauses())
    use.claim()
    claimed(objects, OTHER)
    use.beat()
    assert use.lost


@needs_engine
def test_sharers_are_known_by_engine_and_name(tmp_path: Path) -> None:
    """The same for each process of a name; another one for another name, and on another engine."""
    from nullabona.relay.shelves.engine.opening import sharers_mark

    def mark(name: str, authority: bytes) -> bytes:
        path = tmp_path / "authority.pem"
        path.write_bytes(authority)
        return sharers_mark(
            EngineAddress(nodes=(), authority=path, relay_password=path, keeper_password=path, name=name)
        )

    own = mark("relay", b"certificate")
    assert (16, own) == (len(own), mark("relay", b"certificate"))
    assert own not in {mark("other", b"certificate"), mark("relay", b"another")}


def test_what_waits_is_not_written_to_a_bucket_of_others() -> None:
    """The process is told to end, and its end writes nothing there."""

    async def scene() -> None:
        objects = Watched(S3Objects(MemoryStore()))
        use = claimed(objects, OWN)
        fresh = FreshBlobs(bucket_store(objects), MemoryBlobStore(), 60, 2**20, use=use)
        told: list[NullabonaError] = []
        service = BlobService(fresh, Limits(), Metrics(), lost=told.append)
        service.tick(1, 20_000)
        fresh.put(b"d" * 32, b"data", 20_030)
        claimed(objects, OTHER)
        use.beat()
        service.tick(100, 20_000)
        await service.stop()
        await service.finish()
        assert [BucketInUse] == [type(error) for error in told]
        assert set() == objects.everything()

    asyncio.run(scene())


def test_the_mark_is_of_the_data_directory(tmp_path: Path) -> None:
    """The same at each start, other without a directory, and no key."""
    mark = BlobKeys(tmp_path).mark()
    assert (16, mark) == (len(mark), BlobKeys(tmp_path).mark())
    assert mark not in {BlobKeys(None).mark(), BlobKeys(None).mark()}
    assert mark not in (tmp_path / "blob-keys").read_bytes()


def test_a_bucket_that_cannot_be_asked_is_told() -> None:
    """A claim passes on what failed."""
    objects = Watched()
    objects.before = fail_from(0)
    with pytest.raises(StoreFailed):
        claimed(objects, OWN)
