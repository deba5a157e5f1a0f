"""What every store promises; one contract suite runs on each implementation (tests/relay/test_store_contract.py).

Stores are synchronous. Only one thread at a time may make calls that write; ``find``, ``is_taken`` and ``read`` may run
on another thread meanwhile. A call sees everything that was written by calls that returned before it started.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import ClassVar, Protocol

from nullabona.errors import NullabonaError
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import Batch, StoredBox
from nullabona.relay.core.space import Disk


class StoreFailed(NullabonaError):
    """The store failed; the change may or may not have been made. The store can be used again."""

    code = "box-store-failed"
    default_hint = "check whether the disk is full or failing"
    retryable = True


class ObjectStoreFailed(StoreFailed):
    """The object store did not do what it was asked, or did not say that it did."""

    code = "object-store-failed"
    default_hint = "check that the S3 server of [blobs] runs and that this machine reaches it"


class StoreGone(NullabonaError):
    """The store's files were removed or replaced while running. Nothing more can be stored."""

    code = "data-gone"
    default_hint = (
        "start the relay again; it begins with an empty shelf, and clients put back what is missing. "
        "If record/ is gone too, put it back first"
    )


class BlobDamaged(NullabonaError):
    """What was kept of a blob is not the blob any more. It was erased, so that it can be put again."""

    code = "blob-damaged"
    default_hint = "check the disk, or the object store; clients put the blob back"


def is_intact(digest: bytes, data: bytes) -> bool:
    """Whether ``data`` is the blob of ``digest``."""
    return sha256(data).digest() == digest


class BoxStore(Protocol):
    """Keeps boxes and their frames."""

    durable: ClassVar[bool]
    """Whether what it kept outlives the process."""

    heavy: bool
    """Whether so much was written since the last `lighten` that the caller should call it before it writes more."""

    def find(self, address: bytes, expiry_day: int) -> StoredBox | None:
        """The box at ``address``; its ``today_*`` count the newest frames that have this expiry day."""
        ...

    def is_taken(self, num: int) -> bool:
        """Whether a box has this number."""
        ...

    def read(self, num: int, after: int, limit: int, max_bytes: int) -> tuple[Entry, ...]:
        """Frames with ``seq > after``, oldest first, as `select` chooses them."""
        ...

    def commit(self, batch: Batch) -> None:
        """Keep the batch, all or nothing, for good when this returns. Raises `StoreFailed` or `StoreGone`."""
        ...

    def lighten(self) -> None:
        """Move what was written from the log to its lasting place, so that the log does not grow without end.

        What was committed is kept with or without this call. Raises `StoreFailed`.
        """
        ...

    def expire(self, day: int) -> Iterable[None]:
        """Erase, step by step, every frame whose expiry day is before ``day``, then boxes whose own day is past.

        Each step is a short transaction; other calls may come between steps.
        """
        ...

    def scrub(self) -> None:
        """Leave nothing of erased frames, and no log of arrivals, in any file. Cheap when there is nothing to do."""
        ...

    def rewrite(self) -> Iterable[None]:
        """Rewrite everything, step by step, so that the place of a frame in the file says nothing of its age.

        Other calls may come between steps. Raises `StoreFailed`; then all is as it was before.
        """
        ...

    def disk(self) -> Disk | None:
        """How full the disk and the database are; None if that is not known. May be called while others write."""
        ...

    def check(self) -> None:
        """Raise `StoreGone` if the files are not there any more."""
        ...

    def close(self) -> None:
        """Scrub and close the files. Harmless when repeated."""
        ...


class BlobStore(Protocol):
    """Keeps ciphertext chunks by digest. Calls may come from several threads."""

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        """Keep ``data`` until ``expiry_day`` has passed; putting it again moves its day on, never back."""
        ...

    def get(self, digest: bytes) -> bytes | None:
        """The chunk, checked against its digest, or None. Raises `BlobDamaged`, once, or `StoreFailed`."""
        ...

    def remove(self, digest: bytes) -> bool:
        """Erase one chunk; whether it was there. It may be put again at any time. Raises `StoreFailed`."""
        ...

    def used(self, expiry_day: int) -> int:
        """Bytes of the chunks that expire on this day."""
        ...

    def expire(self, day: int) -> None:
        """Erase every chunk whose expiry day is before ``day``, and none that is put again in between."""
        ...

    def blur(self) -> None:
        """Set the times of all files to one fixed time, so that they do not show when each was written."""
        ...
