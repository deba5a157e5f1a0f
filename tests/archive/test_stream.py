"""Records as bytes and back: whatever was cut, changed or made up ends in a clear error (spec/archive.md §2)."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator

import msgspec
import pytest

from nullabona.client.archive import Begin, StreamReader, decode_stream, encode_stream
from nullabona.client.archive import stream as streams
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveTruncated
from nullabona.client.archive.records import VERSION, Marker, Piece, Record, Seen

BEGIN = Begin(1, b"a" * 32, "mina@relay.example", 7)


def some(count: int) -> list[Record]:
    """A few records of different sizes."""
    small: list[Record] = [Marker(b"room", bytes(32), number) for number in range(count)]
    return [BEGIN, *small, Piece(b"room", b"id", 0, random.Random(1).randbytes(300_000)), Seen("import", b"h", 1)]


def encoded(records: list[Record]) -> bytes:
    return b"".join(encode_stream(records))


def cuts(data: bytes, seed: int) -> Iterator[bytes]:
    """The same bytes in pieces of any size."""
    rng = random.Random(seed)
    start = 0
    while start < len(data):
        size = rng.choice([1, 7, 100, 70_000])
        yield data[start : start + size]
        start += size


@pytest.mark.parametrize("count", [0, 1, 30_000])
def test_records_come_back_however_they_are_cut(count: int) -> None:
    """decode(encode(x)) == x, for one block and for many, fed in pieces of any size."""
    records = some(count)
    data = encoded(records)
    assert records == list(decode_stream(cuts(data, count)))


def test_every_truncation_is_noticed() -> None:
    """No beginning of a stream is a stream."""
    data = encoded(some(20))
    for end in [*range(200), *range(200, len(data), 997), len(data) - 1]:
        with pytest.raises(ArchiveTruncated):
            list(decode_stream([data[:end]]))


def test_every_changed_byte_is_noticed() -> None:
    """One bit anywhere: refused, and nothing of the changed block is handed out."""
    data = encoded([BEGIN, Marker(b"room", bytes(32), 5)])
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises((ArchiveDamaged, ArchiveTooNew, ArchiveTruncated)):
            list(decode_stream([bytes(changed)]))


def test_blocks_cannot_be_left_out_or_moved() -> None:
    """Each block's check rests on all before it."""
    parts = list(encode_stream(some(40_000)))
    assert len(parts) > 4
    for wrong in (parts[:1] + parts[2:], [*parts[:1], parts[2], parts[1], *parts[3:]], parts[:-2] + parts[-1:]):
        with pytest.raises(ArchiveDamaged):
            list(decode_stream(wrong))
    with pytest.raises(ArchiveDamaged):
        list(decode_stream([*parts, b"more"]))


def forged(kind: int, payload: bytes) -> bytes:
    """A stream with one block whose checks are right, as whoever has the key could write it."""
    head = bytes((kind,)) + len(payload).to_bytes(4, "big")
    check = streams._check(streams._check(streams._check(b"", streams.MAGIC), head), payload)
    return streams.MAGIC + head + check + payload


def test_what_unpacks_to_more_than_a_block_is_refused() -> None:
    """A bomb costs no more memory than a block: 8 MiB, not the gigabyte it says."""
    machine = zlib.compressobj(9)
    bomb = b"".join(machine.compress(bytes(1 << 20)) for _ in range(1_024)) + machine.flush()
    with pytest.raises(ArchiveDamaged, match="unpacks to more"):
        StreamReader().feed(forged(streams.DEFLATED, bomb))
    with pytest.raises(ArchiveDamaged, match="larger than any"):
        StreamReader().feed(streams.MAGIC + b"\x00\xff\xff\xff\xff" + bytes(16))


@pytest.mark.parametrize(
    "plain",
    [b"", b"\x90", b"\x91\x91\x01", b"\xc1", b"\x91" * 5_000, msgspec.msgpack.encode([Marker(b"r", bytes(32), 1)])],
)
def test_what_is_no_record_is_refused(plain: bytes) -> None:
    """Also when every check is right: nothing but records, the first of them a beginning."""
    with pytest.raises((ArchiveDamaged, ArchiveTruncated)):
        list(decode_stream([forged(streams.PLAIN, plain)]))


def test_a_newer_version_says_so() -> None:
    """In the first line, in the first record even if that has more to say, or in the kind of a block."""
    newer = msgspec.msgpack.encode([[1, VERSION + 1, bytes(32), "m", 7, b"", b"", "more"], [99, "what is this"]])
    for data in (b"nullabona archive 2\n", forged(streams.PLAIN, newer), forged(77, b"")):
        with pytest.raises(ArchiveTooNew):
            list(decode_stream([data]))
