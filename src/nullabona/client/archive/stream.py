r"""Records as bytes, and back: blocks that are checked before anything in them is believed (spec/archive.md §2).

::

    stream = "nullabona archive 1\n" block* end
    block  = kind (1) ‖ size (4, big-endian) ‖ check (16) ‖ payload (size bytes)

Both ends work in bounded memory, whatever the stream says of itself. Nothing is encrypted here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveTruncated
from nullabona.client.archive.records import VERSION, Begin, Piece, Record

MAGIC: Final = b"nullabona archive 1\n"
_FAMILY: Final = b"nullabona archive "
PLAIN, DEFLATED, END = 0, 1, 2
HEAD: Final = 21
"""Bytes before a block's payload."""
BLOCK: Final = 262_144
"""A block is closed once its records have so many bytes."""
MAX_BLOCK: Final = 8 * 1_048_576
"""Most bytes of a block's records. No block unpacks to more, so a small file cannot fill a machine's memory."""
_CHECK: Final = 16
_LEVEL: Final = 6
_encode = msgspec.msgpack.Encoder().encode
_records = msgspec.msgpack.Decoder(list[Record])
_counts = msgspec.msgpack.Decoder(int)


def encode_stream(records: Iterable[Record]) -> Iterator[bytes]:
    """The bytes of a stream, block by block. The first record must be a `Begin`."""
    check = _check(b"", MAGIC)
    yield MAGIC
    count = 0
    for kind, payload in _packed(records):
        number, data = kind
        count += number
        check = _check(check, _head(data, payload))
        check = _check(check, payload)
        yield _head(data, payload) + check + payload
    payload = _encode(count)
    check = _check(_check(check, _head(END, payload)), payload)
    yield _head(END, payload) + check + payload


def _packed(records: Iterable[Record]) -> Iterator[tuple[tuple[int, int], bytes]]:
    held: list[bytes] = []
    size = 0
    for record in records:
        data = _encode(record)
        if len(data) > MAX_BLOCK - 16:
            raise ArchiveDamaged("something in the profile is too large for an archive")
        if held and size + len(data) > BLOCK:
            yield _block(held)
            held, size = [], 0
        held.append(data)
        size += len(data)
        if isinstance(record, Piece):
            yield _block(held)
            held, size = [], 0
    if held:
        yield _block(held)


def _block(held: list[bytes]) -> tuple[tuple[int, int], bytes]:
    plain = b"\xdd" + len(held).to_bytes(4, "big") + b"".join(held)
    packed = zlib.compress(plain, _LEVEL)
    small = len(packed) < len(plain)
    return (len(held), DEFLATED if small else PLAIN), packed if small else plain


def _head(kind: int, payload: bytes) -> bytes:
    return bytes((kind,)) + len(payload).to_bytes(4, "big")


def _check(before: bytes, data: bytes) -> bytes:
    return blake2b(before + data, digest_size=_CHECK).digest()


class StreamReader:
    """A stream as it comes: `feed` bytes, cut anywhere, and get the records of every block that is whole."""

    __slots__ = ("_begun", "_buffer", "_check", "_count", "_ended", "_magic")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._check = _check(b"", MAGIC)
        self._count = 0
        self._magic = False
        self._begun = False
        self._ended = False

    def feed(self, data: bytes) -> list[Record]:
        """What is certain by now. Raises `ArchiveDamaged` or `ArchiveTooNew`; the stream is then of no more use."""
        self._buffer += data
        if not self._magic and not self._opened():
            return []
        found: list[Record] = []
        while (block := self._next()) is not None:
            found += block
        return found

    def close(self) -> None:
        """There is nothing more. Raises `ArchiveTruncated` unless the stream is whole."""
        if not self._ended:
            raise ArchiveTruncated("the archive ends before its end")

    def _opened(self) -> bool:
        start = bytes(self._buffer[: len(MAGIC)])
        if not MAGIC.startswith(start):
            if start[: len(_FAMILY)] == _FAMILY:
                raise ArchiveTooNew("the archive was written by a newer version")
            raise ArchiveDamaged("this is not an archive of nullabona")
        if len(start) < len(MAGIC):
            return False
        del self._buffer[: len(MAGIC)]
        self._magic = True
        return True

    def _next(self) -> list[Record] | None:
        buffer = self._buffer
        if self._ended:
            if buffer:
                raise ArchiveDamaged("something follows the end of the archive")
            return None
        if len(buffer) < HEAD:
            return None
        size = int.from_bytes(buffer[1:5], "big")
        if size > MAX_BLOCK:
            raise ArchiveDamaged("a part of the archive says that it is larger than any")
        if len(buffer) < HEAD + size:
            return None
        payload = bytes(buffer[HEAD : HEAD + size])
        self._verify(bytes(buffer[:5]), bytes(buffer[5:HEAD]), payload)
        kind = buffer[0]
        del buffer[: HEAD + size]
        return self._finish(payload) if kind == END else self._open(kind, payload)

    def _verify(self, head: bytes, check: bytes, payload: bytes) -> None:
        self._check = _check(_check(self._check, head), payload)
        if self._check != check:
            raise ArchiveDamaged("a part of the archive is not what was written")

    def _finish(self, payload: bytes) -> list[Record]:
        try:
            count = _counts.decode(payload)
        except (msgspec.MsgspecError, ValueError):
            raise ArchiveDamaged("the end of the archive does not decode") from None
        if count != self._count or not self._begun:
            raise ArchiveDamaged("parts of the archive are missing")
        self._ended = True
        return []

    def _open(self, kind: int, payload: bytes) -> list[Record]:
        plain = payload if kind == PLAIN else _inflated(payload) if kind == DEFLATED else None
        if plain is None:
            raise ArchiveTooNew("the archive has a part of a kind that this version does not know")
        try:
            found = _records.decode(plain)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self._must_know(plain)
            raise ArchiveDamaged("a part of the archive does not decode") from None
        for record in found:
            self._placed(record)
        self._count += len(found)
        return found

    def _must_know(self, plain: bytes) -> None:
        """A newer stream may have records that do not decode here: say so rather than that it is damaged."""
        if not self._begun:
            try:
                first = msgspec.msgpack.decode(plain)[0]
                newer = first[0] == 1 and first[1] > VERSION
            except (msgspec.MsgspecError, ValueError, TypeError, IndexError, KeyError, RecursionError):
                return
            if newer:
                raise ArchiveTooNew("the archive was written by a newer version")

    def _placed(self, record: Record) -> None:
        if isinstance(record, Begin) == self._begun:
            raise ArchiveDamaged("the archive does not begin as one does")
        if isinstance(record, Begin) and record.version > VERSION:
            raise ArchiveTooNew("the archive was written by a newer version")
        self._begun = True


def _inflated(payload: bytes) -> bytes:
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(payload, MAX_BLOCK)
    except zlib.error:
        raise ArchiveDamaged("a part of the archive does not unpack") from None
    if not machine.eof or machine.unused_data or machine.unconsumed_tail:
        raise ArchiveDamaged("a part of the archive unpacks to more than any may have")
    return plain


def decode_stream(chunks: Iterable[bytes]) -> Iterator[Record]:
    """The records of a stream. Raises `ArchiveDamaged`, `ArchiveTooNew`, and at its end `ArchiveTruncated`.

    What has been handed out before such an error was as it had been written; the rest is not there.
    """
    reader = StreamReader()
    for chunk in chunks:
        yield from reader.feed(chunk)
    reader.close()
