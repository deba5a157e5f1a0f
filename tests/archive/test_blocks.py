"""Blocks of a stream: when one is closed, how it lies in the bytes, and every limit on both sides."""

from __future__ import annotations

import random
import zlib

import msgspec
import pytest

from nullabona.client.archive import Begin, StreamReader, encode_stream
from nullabona.client.archive import stream as streams
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveTruncated
from nullabona.client.archive.records import VERSION, Marker, Piece, Record
from nullabona.client.archive.stream import DEFLATED, END, HEAD, MAGIC, PLAIN

BEGIN = Begin(1, b"a" * 32, "mina@relay.example", 7)
NOISE = random.Random(1).randbytes(2_000)


def marker(number: int = 0) -> Marker:
    return Marker(b"room", bytes(32), number)


def size(*records: Record) -> int:
    return sum(len(msgspec.msgpack.encode(record)) for record in records)


def told(blocks: list[bytes]) -> list[tuple[int, int]]:
    """Of each block its kind, and how many records are in it."""
    found = []
    for block in blocks:
        kind, payload = block[0], block[HEAD:]
        assert len(payload) == int.from_bytes(block[1:5], "big")
        records = msgspec.msgpack.decode(zlib.decompress(payload) if kind == DEFLATED else payload)
        found.append((kind, records if kind == END else len(records)))
    return found


def test_a_stream_is_its_magic_its_blocks_and_its_end() -> None:
    """The end says how many records there were; what does not shrink is not packed."""
    piece = Piece(b"room", b"id", 0, NOISE)
    magic, *blocks = encode_stream([BEGIN, marker(), piece, piece, marker()])
    assert (b"nullabona archive 1\n", 21) == (magic, HEAD)
    assert [(DEFLATED, 3), (PLAIN, 1), (DEFLATED, 1), (END, 5)] == told(blocks)
    assert [(END, 0)] == told(list(encode_stream([]))[1:])


@pytest.mark.parametrize(("more", "blocks"), [(0, [3]), (-1, [2, 1])])
def test_a_block_is_closed_before_it_is_too_large(
    more: int, blocks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many bytes of records as may be are one block; with one more the last record begins the next."""
    records: list[Record] = [BEGIN, marker(1), marker(2)]
    monkeypatch.setattr(streams, "BLOCK", size(*records) + more)
    assert [*blocks, 3] == [number for _, number in told(list(encode_stream(records))[1:])]


def test_blocks_are_filled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one held does not count for the next."""
    records: list[Record] = [BEGIN, *(marker(number) for number in range(6))]
    monkeypatch.setattr(streams, "BLOCK", size(marker(), marker()))
    assert [1, 2, 2, 2, 7] == [number for _, number in told(list(encode_stream(records))[1:])]


def test_a_piece_ends_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one larger than any block is one of its own."""
    piece = Piece(b"room", b"id", 0, NOISE)
    assert [2, 1, 1, 4] == [n for _, n in told(list(encode_stream([BEGIN, piece, piece, marker()]))[1:])]
    monkeypatch.setattr(streams, "BLOCK", 300)
    assert [2, 1, 1, 4] == [n for _, n in told(list(encode_stream([BEGIN, marker(), piece, marker()]))[1:])]


@pytest.mark.parametrize(("more", "fits"), [(0, True), (-1, False)])
def test_a_record_is_no_larger_than_a_block_can_be(more: int, monkeypatch: pytest.MonkeyPatch, *, fits: bool) -> None:
    """With what is around it; a larger one is an error of whoever writes."""
    piece = Piece(b"room", b"id", 0, NOISE)
    monkeypatch.setattr(streams, "BLOCK", 10)
    monkeypatch.setattr(streams, "MAX_BLOCK", size(piece) + 16 + more)
    if fits:
        reader = StreamReader()
        assert [BEGIN, piece] == [one for block in encode_stream([BEGIN, piece]) for one in reader.feed(block)]
        reader.close()
    else:
        with pytest.raises(ArchiveDamaged):
            list(encode_stream([BEGIN, piece]))


def block(kind: int, payload: bytes, before: bytes) -> tuple[bytes, bytes]:
    """A block whose check is right, and that check."""
    head = bytes((kind,)) + len(payload).to_bytes(4, "big")
    check = streams._check(streams._check(before, head), payload)
    return head + check + payload, check


def stream(*blocks: tuple[int, bytes]) -> bytes:
    """A stream of these, with checks that are right."""
    data, check = MAGIC, streams._check(b"", MAGIC)
    for kind, payload in blocks:
        more, check = block(kind, payload, check)
        data += more
    return data


def plain(*records: object) -> tuple[int, bytes]:
    return PLAIN, msgspec.msgpack.encode(list(records))


def end(count: object) -> tuple[int, bytes]:
    return END, msgspec.msgpack.encode(count)


def test_a_stream_that_is_whole_is_read() -> None:
    """However few bytes come at a time; before its end nothing is missed, and behind it nothing more is needed."""
    data = stream(plain(BEGIN, marker(1)), plain(marker(2)), end(3))
    reader = StreamReader()
    found = [record for at in range(len(data)) for record in reader.feed(data[at : at + 1])]
    assert [BEGIN, marker(1), marker(2)] == found
    reader.close()
    assert [] == reader.feed(b"")
    with pytest.raises(ArchiveDamaged):
        reader.feed(b"x")


@pytest.mark.parametrize(
    "data",
    [
        stream(plain(BEGIN), end(2)),
        stream(plain(BEGIN), end(0)),
        stream(end(0)),
        stream(plain(), end(0)),
        stream(plain(BEGIN), end("1")),
        stream(plain(BEGIN), (END, b"")),
        stream(plain(marker()), end(1)),
        stream(plain(BEGIN, BEGIN), end(2)),
        stream(plain(BEGIN), plain(BEGIN), end(2)),
        stream(plain(BEGIN, [99]), end(2)),
        stream((DEFLATED, b"no deflate")),
        stream((DEFLATED, zlib.compress(plain(BEGIN)[1]) + b"x"), end(1)),
        stream((DEFLATED, zlib.compress(plain(BEGIN)[1])[:-1]), end(1)),
        stream(plain(BEGIN), end(1)) + b"x",
        b"nullabona archivex1\n",
        b"x",
    ],
)
def test_a_stream_that_contradicts_itself_is_damaged(data: bytes) -> None:
    """Also where every check is right."""
    reader = StreamReader()
    with pytest.raises(ArchiveDamaged):
        reader.feed(data)
    with pytest.raises(ArchiveTruncated):
        StreamReader().close()


@pytest.mark.parametrize(
    "data",
    [
        stream(plain(Begin(VERSION + 1, b"a" * 32, "m", 7))),
        stream(plain([1, VERSION + 1, "what is this"])),
        stream((3, b"")),
        b"nullabona archive 2\n",
        b"nullabona archive 10",
    ],
)
def test_what_a_newer_version_wrote_says_so(data: bytes) -> None:
    """In its first line, its first record, or the kind of a part."""
    with pytest.raises(ArchiveTooNew):
        StreamReader().feed(data)


@pytest.mark.parametrize(
    "data",
    [
        stream(plain([1, VERSION, "what is this"])),
        stream(plain([2, VERSION + 1])),
        stream(plain([])),
        stream((PLAIN, b"\x80")),
        stream(plain(BEGIN), plain([1, VERSION + 1, "what is this"])),
        stream(plain(["x", "y"])),
    ],
)
def test_what_does_not_decode_is_damaged_unless_it_is_newer(data: bytes) -> None:
    """Only its first record tells that."""
    with pytest.raises(ArchiveDamaged):
        StreamReader().feed(data)


def test_the_newest_known_version_is_read() -> None:
    """As it says."""
    begin = Begin(VERSION, b"a" * 32, "m", 7)
    assert [begin] == StreamReader().feed(stream(plain(begin)))


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_no_part_says_that_it_is_larger_than_any(more: int, monkeypatch: pytest.MonkeyPatch, *, fits: bool) -> None:
    """It is refused when its head is there, before its bytes are waited for."""
    monkeypatch.setattr(streams, "MAX_BLOCK", 100)
    data = MAGIC + b"\0" + (100 + more).to_bytes(4, "big") + bytes(16)
    assert [] == StreamReader().feed(data[:-1])
    if fits:
        assert [] == StreamReader().feed(data)
    else:
        with pytest.raises(ArchiveDamaged, match="larger than any"):
            StreamReader().feed(data)


@pytest.mark.parametrize(("more", "fits"), [(0, True), (-1, False)])
def test_no_part_unpacks_to_more_than_any(more: int, monkeypatch: pytest.MonkeyPatch, *, fits: bool) -> None:
    """As much as may be is read; one byte more is refused."""
    payload = plain(BEGIN, *(marker() for _ in range(50)))[1]
    monkeypatch.setattr(streams, "MAX_BLOCK", len(payload) + more)
    data = stream((DEFLATED, zlib.compress(payload)))
    if fits:
        assert 51 == len(StreamReader().feed(data))
    else:
        with pytest.raises(ArchiveDamaged, match="unpacks to more"):
            StreamReader().feed(data)
