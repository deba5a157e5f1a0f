"""Opens the bucket that blobs are kept in. obstore, of the extra `s3`, is loaded here and only if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from nullabona.extras import require
from nullabona.relay.bucket import Bucket, credentials_of
from nullabona.relay.store.blob_keys import BlobKeys
from nullabona.relay.store.bucket_use import BucketUse
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.fresh import FreshBlobs
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.objects import ObjectBlobStore

if TYPE_CHECKING:
    from nullabona.relay.store.s3 import S3Objects

_AT_ONCE: Final = 8
"""Blobs of a batch that are written at the same time: a store far away answers each after some milliseconds."""


def open_bucket(bucket: Bucket, data: Path | None, retention_days: int) -> FreshBlobs:
    """The blobs in ``bucket``, with those that wait for it; their keys are in ``data``, or only in memory.

    Raises `ExtraMissing`, `CredentialsMissing`, `BucketUnusable`, `BucketKeepsDeleted`, `BucketInUse`,
    `PathUnusable` or `BlobKeysDamaged`.
    """
    objects = checked_bucket(bucket, retention_days)
    keys = BlobKeys(data)
    use = claim_bucket(bucket, BucketUse(objects, keys.mark()))
    store = ObjectBlobStore(objects, keys, at_once=_AT_ONCE)
    waiting = FileBlobStore(data) if bucket.on_disk and data is not None else MemoryBlobStore()
    return FreshBlobs(store, waiting, bucket.interval_s, bucket.buffer_bytes, use=use)


def checked_bucket(bucket: Bucket, retention_days: int) -> S3Objects:
    """The objects in ``bucket``, which is tried out. Raises as `open_bucket`, but nothing of a prefix or of keys."""
    require("s3")
    from nullabona.relay.store.bucket_check import check_bucket
    from nullabona.relay.store.s3 import connect

    credentials = credentials_of(bucket)
    objects = connect(bucket, credentials)
    check_bucket(bucket, credentials, objects, retention_days + 1)
    return objects


def claim_bucket(bucket: Bucket, use: BucketUse) -> BucketUse:
    """The same, claimed and kept until it is released. Raises `BucketInUse` or `BucketUnusable`."""
    from nullabona.relay.store.bucket_check import BucketUnusable

    try:
        use.claim()
    except StoreFailed as error:
        raise BucketUnusable(f"the bucket {bucket.name} at {bucket.endpoint} cannot be used: {error.message}") from None
    use.keep()
    return use


def open_bucket_beside(bucket: Bucket, data: Path) -> ObjectBlobStore:
    """The blobs in ``bucket`` for another process than the relay's: to look at them, and to erase some.

    Those that wait in the relay's memory are not among them. Raises `ExtraMissing`, `CredentialsMissing`,
    `PathUnusable` or `BlobKeysDamaged`.
    """
    require("s3")
    from nullabona.relay.store.s3 import connect

    return ObjectBlobStore(connect(bucket, credentials_of(bucket)), BlobKeys(data, serving=False), serving=False)


def look_at_bucket(bucket: Bucket, retention_days: int) -> None:
    """Ask whether a relay could use ``bucket``, without changing anything. Raises as `open_bucket`."""
    require("s3")
    from nullabona.relay.store.bucket_check import check_settings
    from nullabona.relay.store.s3 import connect

    credentials = credentials_of(bucket)
    check_settings(bucket, credentials, connect(bucket, credentials), retention_days + 1)
