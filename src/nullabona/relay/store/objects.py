"""Blobs as objects of an S3 bucket, through obstore (decision 0053).

::

    days/<expiry day>/<16 random bytes>  names and sizes of blobs that expire on this day, of one batch
    blobs/<name>                         expiry day (2 bytes) ‖ nonce (12) ‖ AES-256-GCM of the blob under the day's key

A name is a keyed hash of the blob's digest. The list of a batch is written before its blobs and deleted after them, so
a crash between any two requests leaves no object that no list names. An object's own first bytes decide how long it is
kept: a list of an earlier day that still names it does not end it.
"""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Annotated, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from nullabona.relay.store.blob_keys import BlobKeys
from nullabona.relay.store.fresh import FreshBlob
from nullabona.relay.store.interface import BlobDamaged, StoreFailed, is_intact

_DAY: Final = 2
_NONCE: Final = 12
_TAG: Final = 16
OVERHEAD: Final = _DAY + _NONCE + _TAG
"""By how much an object is larger than its blob."""
_DOMAIN: Final = b"nullabona stored blob v1"
BLOBS: Final = "blobs/"
"""What names of blobs begin with."""
DAYS: Final = "days/"
"""What names of lists begin with."""
_STRIPES: Final = 64
_TOGETHER: Final = 200
"""Objects that are looked at and deleted while no blob is put."""


class Objects(Protocol):
    """What a bucket can do. Every call raises `StoreFailed` if it could not be carried out, or not known to be."""

    def put(self, name: str, data: bytes) -> None:
        """Write an object whole, or replace it."""
        ...

    def get(self, name: str) -> bytes | None:
        """An object's content, or None."""
        ...

    def begin(self, name: str, size: int) -> bytes | None:
        """The first bytes of an object, or None."""
        ...

    def names(self, prefix: str) -> list[str]:
        """All names below ``prefix``, which ends with a slash."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; harmless for names that are not there."""
        ...


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """A blob in the list of a batch."""

    name: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Meta(ge=0)]


class ListDamaged(StoreFailed):
    """Somebody changed the list of a batch."""


_lists: Final = msgspec.msgpack.Decoder(list[Entry])


class ObjectBlobStore:
    """A `BlobStore` and `BatchStore` in ``objects``, of which this process is the only writer.

    ``at_once`` blobs of a batch are written at the same time. Not ``serving``: the relay may be running, so what cannot
    be read is left as it is.
    """

    def __init__(self, objects: Objects, keys: BlobKeys, *, at_once: int = 1, serving: bool = True) -> None:
        self._objects = objects
        self._keys = keys
        self._at_once = at_once
        self._serving = serving
        self._changing = [threading.Lock() for _ in range(_STRIPES)]

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        self.put_batch([FreshBlob(digest, data, expiry_day)])

    def put_batch(self, blobs: Sequence[FreshBlob]) -> None:
        by_day: defaultdict[int, list[Entry]] = defaultdict(list)
        for blob in blobs:
            by_day[blob.expiry_day].append(Entry(self._keys.name_of(blob.digest), len(blob.data)))
        for day, listed in by_day.items():
            self._objects.put(f"{DAYS}{day}/{secrets.token_hex(16)}", encode_list(listed))
        if self._at_once == 1:
            for blob in blobs:
                self._put(blob)
            return
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="relay-bucket") as threads:
            list(threads.map(self._put, blobs))

    def get(self, digest: bytes) -> bytes | None:
        name = BLOBS + self._keys.name_of(digest)
        sealed = self._objects.get(name)
        data = None if sealed is None else self._open(sealed, digest)
        return data if sealed is None or data is not None else self._get_unreadable(name, digest)

    def remove(self, digest: bytes) -> bool:
        name = BLOBS + self._keys.name_of(digest)
        with self._alone([name]):
            if self._objects.begin(name, _DAY) is None:
                return False
            self._objects.delete([name])
        return True

    def used(self, expiry_day: int) -> int:
        days = lists_of(self._objects)
        moved_on = {each.name for day in days if day > expiry_day for each in read_list(self._objects, days[day])}
        sizes = {each.name: each.size for each in read_list(self._objects, days.get(expiry_day, []))}
        return sum(size for name, size in sizes.items() if name not in moved_on)

    def expire(self, day: int) -> None:
        """The keys first: from then on nobody can read what expired, whatever the bucket still keeps."""
        self._keys.erase_before(day)
        for past, lists in sorted(lists_of(self._objects).items()):
            if past >= day:
                continue
            for each in lists:
                names = named_in(self._objects, each)
                for start in range(0, len(names), _TOGETHER):
                    self._delete_past(names[start : start + _TOGETHER], day)
                self._objects.delete([each])

    def blur(self) -> None:
        """Nothing: an object's time cannot be set, so it never says more than which batch (fresh.py)."""

    def _put(self, blob: FreshBlob) -> None:
        name, day = BLOBS + self._keys.name_of(blob.digest), blob.expiry_day
        with self._alone([name]):
            held = self._objects.begin(name, _DAY)
            if held is not None and day_of(held) >= day and self._keys.key_of(day_of(held)) is not None:
                return
            self._objects.put(name, seal(self._keys.make_key(day), blob.digest, blob.data, day))

    def _get_unreadable(self, name: str, digest: bytes) -> bytes | None:
        """Look again while nothing changes, then delete what is of no use: a later put would leave it as it is."""
        with self._alone([name]):
            sealed = self._objects.get(name)
            data = None if sealed is None else self._open(sealed, digest)
            if sealed is None or data is not None:
                return data
            if self._serving:
                self._objects.delete([name])
        if self._keys.key_of(day_of(sealed)) is None:
            return None  # its day is over, and the key erased
        raise BlobDamaged("an object is not the blob that was put")

    def _open(self, sealed: bytes, digest: bytes) -> bytes | None:
        key = self._keys.key_of(day_of(sealed))
        if key is None:
            return None
        return unseal(key, digest, sealed)

    def _delete_past(self, names: Sequence[str], day: int) -> None:
        """Delete those that have expired; one that was put again says a later day itself."""
        with self._alone(names):
            heads = {name: self._objects.begin(name, _DAY) for name in names}
            self._objects.delete([name for name, head in heads.items() if head is not None and day_of(head) < day])

    @contextmanager
    def _alone(self, names: Sequence[str]) -> Iterator[None]:
        """Nobody else changes these objects meanwhile. Stripes are taken in one order, so nobody waits in a circle."""
        with ExitStack() as held:
            for stripe in sorted({int(name[-2:], 16) % _STRIPES for name in names}):
                held.enter_context(self._changing[stripe])
            yield


def seal(key: bytes, digest: bytes, data: bytes, day: int) -> bytes:
    """An object with the blob, which expires on ``day``, under that day's ``key``."""
    nonce, head = secrets.token_bytes(_NONCE), day.to_bytes(_DAY, "big")
    return head + nonce + AESGCM(key).encrypt(nonce, data, _DOMAIN + head + digest)


def unseal(key: bytes, digest: bytes, sealed: bytes) -> bytes | None:
    """The blob in an object; None if it is not this one under this key."""
    nonce, box = sealed[_DAY : _DAY + _NONCE], sealed[_DAY + _NONCE :]
    try:
        data = AESGCM(key).decrypt(nonce, box, _DOMAIN + sealed[:_DAY] + digest)
    except (InvalidTag, ValueError):
        return None
    return data if is_intact(digest, data) else None


def day_of(sealed: bytes) -> int:
    """The day on which what begins like this expires."""
    return int.from_bytes(sealed[:_DAY], "big")


def encode_list(entries: Sequence[Entry]) -> bytes:
    """A list of a batch, sorted, so that it says nothing of an order."""
    return msgspec.msgpack.encode(sorted(entries, key=lambda each: each.name))


def lists_of(objects: Objects) -> dict[int, list[str]]:
    """Names of the batches' lists by day."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for name in objects.names(DAYS):
        day, _, rest = name.removeprefix(DAYS).partition("/")
        if day.isdecimal() and rest:
            found[int(day)].append(name)
    return found


def read_list(objects: Objects, lists: Sequence[str]) -> list[Entry]:
    """What is in these lists. Raises `ListDamaged`."""
    try:
        return [each for name in lists for each in _lists.decode(objects.get(name) or b"\x90")]
    except msgspec.MsgspecError:
        raise ListDamaged("a list of blobs in the bucket is damaged") from None


def named_in(objects: Objects, listing: str) -> list[str]:
    """The objects of a batch by its list; all blobs that there are if somebody changed it."""
    try:
        return [BLOBS + entry.name for entry in read_list(objects, [listing])]
    except ListDamaged:
        return objects.names(BLOBS)
