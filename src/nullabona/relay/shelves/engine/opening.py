"""Makes what is on an engine of its address: a shelf, and the blobs that its processes share in a bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from threading import Thread
from typing import Any, Final

from nullabona.extras import require
from nullabona.machine.opening import opening
from nullabona.relay.bucket import Bucket, credentials_of
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.access import KEEPER, RELAY
from nullabona.relay.shelves.engine.cluster import connect_driver
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.engine.shared_blobs import SharedBlobs
from nullabona.relay.shelves.engine.shelf import EngineShelf
from nullabona.relay.store.bucket_opening import checked_bucket, claim_bucket
from nullabona.relay.store.bucket_use import BucketUse
from nullabona.relay.store.key_ring import KeyRing
from nullabona.relay.store.shared_bucket import SharedBucket

_MARK: Final = b"nullabona bucket sharers v1"


def open_engine_shelf(address: EngineAddress, limits: Limits, *, rng: Callable[[int], int]) -> EngineShelf:
    """The shelf; nothing is asked before its `begin`, which raises `EngineUnreachable` or `EngineSettings`."""
    connect, keep = (partial(connect_driver, address, user) for user in (RELAY, KEEPER))
    return EngineShelf(connect, keep, limits, rng=rng, name=address.name)


def open_shared_bucket(bucket: Bucket, address: EngineAddress, retention_days: int) -> tuple[SharedBucket, SharedBlobs]:
    """The blobs in ``bucket`` that all processes of this name on the engine serve, and where they wait, which has to
    `begin` once the engine has its functions.

    Raises `ExtraMissing`, `CredentialsMissing`, `BucketUnusable`, `BucketKeepsDeleted`, `BucketInUse` or
    `PathUnusable`.
    """
    objects = checked_bucket(bucket, retention_days)
    use = claim_bucket(bucket, BucketUse(objects, sharers_mark(address), shared=True))
    room = SharedBlobs(address.name, partial(connect_driver, address, RELAY))
    keys = KeyRing(room)
    return SharedBucket(room, objects, keys, bucket.interval_s, most_bytes=bucket.buffer_bytes, use=use), room


@contextmanager
def shared_bucket_beside(bucket: Bucket, address: EngineAddress) -> Iterator[SharedBucket]:
    """The same for another process than a relay's, which has no loop: to look at blobs, and to erase some.

    Raises `ExtraMissing`, `CredentialsMissing`, `EngineUnreachable` or `OSError`.
    """
    require("s3")
    from nullabona.relay.store.s3 import connect

    objects = connect(bucket, credentials_of(bucket))
    room = SharedBlobs(address.name, partial(connect_driver, address, RELAY))
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="relay-engine", daemon=True)
    thread.start()

    def on_loop(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        on_loop(room.begin())
        try:
            yield SharedBucket(room, objects, KeyRing(room), bucket.interval_s)
        finally:
            on_loop(room.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def sharers_mark(address: EngineAddress) -> bytes:
    """What says in a bucket that processes of this name on this engine use it; 16 bytes. An engine is known by its
    authority, which it has for itself. Raises `PathUnusable`.
    """
    with opening(address.authority):
        authority = sha256(address.authority.read_bytes()).digest()
    return sha256(_MARK + authority + address.name.encode()).digest()[:16]
