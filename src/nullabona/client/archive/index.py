"""What a backup already has, so that the next one can leave it out: 16-byte digests, about 20 bytes each in memory."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from nullabona.client.archive.records import Dropped, File, Message, Piece, Record

SIZE: Final = 16
_encode = msgspec.msgpack.Encoder().encode


def message_key(room: bytes, message: bytes) -> bytes:
    """What names a message in an index and in `Dropped`."""
    return blake2b(room + message, digest_size=SIZE, person=b"message").digest()


def record_key(record: Message | File | Piece) -> bytes:
    """What names a record by all that it says; a piece by its place alone, for its bytes never change."""
    if isinstance(record, Piece):
        place = record.place.to_bytes(4, "big")
        return blake2b(record.room + record.message + place, digest_size=SIZE, person=b"piece").digest()
    return blake2b(_encode(record), digest_size=SIZE, person=b"record").digest()


class KeyIndex:
    """A set of 16-byte keys that costs little more than their bytes."""

    __slots__ = ("_buckets", "_count")

    def __init__(self) -> None:
        self._buckets: dict[bytes, bytearray] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: bytes) -> bool:
        bucket = self._buckets.get(key[:2])
        return bucket is not None and _place(bucket, key[2:]) >= 0

    def add(self, key: bytes) -> None:
        """Harmless to repeat."""
        bucket = self._buckets.setdefault(key[:2], bytearray())
        if _place(bucket, key[2:]) < 0:
            bucket += key[2:]
            self._count += 1

    def discard(self, key: bytes) -> None:
        """Harmless if it is not there."""
        bucket = self._buckets.get(key[:2])
        place = -1 if bucket is None else _place(bucket, key[2:])
        if bucket is not None and place >= 0:
            del bucket[place : place + SIZE - 2]
            self._count -= 1

    def __iter__(self) -> Iterator[bytes]:
        for head, bucket in self._buckets.items():
            for place in range(0, len(bucket), SIZE - 2):
                yield head + bytes(bucket[place : place + SIZE - 2])


def _place(bucket: bytearray, rest: bytes) -> int:
    place = bucket.find(rest)
    while place >= 0 and place % (SIZE - 2):
        place = bucket.find(rest, place + 1)
    return place


class Earlier:
    """What an earlier backup has: what the next one leaves out, and what it must say is gone."""

    __slots__ = ("_missing", "_records", "id")

    def __init__(self, id: bytes = b"") -> None:
        self.id = id
        self._records = KeyIndex()
        self._missing = KeyIndex()

    def add(self, record: Record) -> None:
        """The earlier backup has this."""
        if isinstance(record, Message | File | Piece):
            self._records.add(record_key(record))
        if isinstance(record, Message):
            self._missing.add(message_key(record.room, record.id))

    def has(self, record: Message | File | Piece) -> bool:
        """Whether it has exactly this; what the profile still has is not gone."""
        if isinstance(record, Message):
            self._missing.discard(message_key(record.room, record.id))
        return record_key(record) in self._records

    def dropped(self) -> Iterator[Dropped]:
        """The messages it has that `has` was never asked for."""
        return (Dropped(key) for key in self._missing)
