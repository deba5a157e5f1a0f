"""Records in groups that stay the same where the records did (spec/repository.md §4). Pure.

A group ends after a record whose keyed hash says so, once it is large enough. So a record that is added, changed or
removed changes its own group and a few behind it. The hash is keyed: nobody who sends us messages knows where they will
be cut.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import msgspec

from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew
from nullabona.client.archive.records import VERSION, Begin, File, Message, Piece, Record
from nullabona.client.archive.repository.chunks import DEFLATED, MORE, split
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.stream import MAX_BLOCK


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many bytes of records a group has."""

    least: int
    mean: int
    """How many more it has on average."""
    most: int
    """No group but that of a single larger record has more."""


SMALL: Final = Bounds(98_304, 49_152, 180_224)
"""Of messages and other small records: compressed, nearly all groups fit the smallest chunk."""
LARGE: Final = Bounds(655_360, 131_072, 1_040_384)
"""Of files and their pieces, which do not compress: they fill the largest chunk."""
_LEVEL: Final = 6
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[Record])


@dataclass(slots=True)
class Counts:
    """What a snapshot holds."""

    messages: int = 0
    files: int = 0
    pieces: int = 0
    records: int = 0

    def add(self, record: Record) -> None:
        self.records += 1
        self.messages += isinstance(record, Message)
        self.files += isinstance(record, File)
        self.pieces += isinstance(record, Piece)


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are kept together, encoded."""

    data: bytes = field(repr=False)
    counts: Counts
    squeeze: bool
    """Whether compressing it is worth the time: not for files, which are compressed already."""


def grouped(records: Iterable[Record], keys: RepositoryKeys) -> Iterator[Group]:
    """The records in groups, in their order. Raises `ArchiveDamaged` for a record that no reader would take."""
    held: list[bytes] = []
    counts, size, pieces, bounds = Counts(), 0, 0, SMALL
    for record in records:
        data = _encode(record)
        if len(data) > MAX_BLOCK - 16:
            raise ArchiveDamaged("something in the profile is too large for an archive")
        kind = LARGE if isinstance(record, File | Piece) else SMALL
        if held and (kind is not bounds or size + len(data) > bounds.most):
            yield _group(held, counts, size, pieces)
            held, counts, size, pieces = [], Counts(), 0, 0
        bounds = kind
        held.append(data)
        counts.add(record)
        size += len(data)
        pieces += len(data) * isinstance(record, Piece)
        # `Begin` differs in every backup: alone in its group, it changes no other.
        if isinstance(record, Begin) or (size >= bounds.least and _ends(keys, data, bounds.mean)):
            yield _group(held, counts, size, pieces)
            held, counts, size, pieces = [], Counts(), 0, 0
    if held:
        yield _group(held, counts, size, pieces)


def _ends(keys: RepositoryKeys, data: bytes, mean: int) -> bool:
    """The longer the record, the more often it ends a group: so the mean counts bytes, not records."""
    drawn = int.from_bytes(blake2b(data, key=keys.cuts, digest_size=4).digest(), "big")
    return drawn * mean < len(data) << 32


def _group(held: list[bytes], counts: Counts, size: int, pieces: int) -> Group:
    return Group(b"\xdd" + len(held).to_bytes(4, "big") + b"".join(held), counts, pieces * 2 < size)


def plains(group: Group) -> Iterator[bytes]:
    """The plaintexts of a group's chunks."""
    packed = zlib.compress(group.data, _LEVEL) if group.squeeze else group.data
    if len(packed) < len(group.data):
        return split(packed, DEFLATED)
    return split(group.data, 0)


class GroupReader:
    """Chunks' contents in their order, to records. Holds one group, which has at most `MAX_BLOCK` bytes."""

    __slots__ = ("_begun", "_flags", "_held", "counts")

    def __init__(self) -> None:
        self._held = b""
        self._flags: int | None = None
        self._begun = False
        self.counts = Counts()

    def feed(self, flags: int, content: bytes) -> list[Record]:
        """The records that are whole by now. Raises `ArchiveDamaged` or `ArchiveTooNew`."""
        if self._flags not in {None, flags & DEFLATED} or len(self._held) + len(content) > MAX_BLOCK:
            raise ArchiveDamaged("parts of the backup do not belong together")
        self._held += content
        self._flags = flags & DEFLATED
        if flags & MORE:
            return []
        plain = _inflated(self._held) if flags & DEFLATED else self._held
        self._held, self._flags = b"", None
        return self._records(plain)

    def close(self) -> None:
        """There is nothing more. Raises `ArchiveDamaged` unless the last group is whole."""
        if self._flags is not None or not self._begun:
            raise ArchiveDamaged("parts of the backup are missing")

    def _records(self, plain: bytes) -> list[Record]:
        try:
            found = _decoder.decode(plain)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise ArchiveDamaged("a part of the backup does not decode") from None
        for record in found:
            if isinstance(record, Begin) == self._begun:
                raise ArchiveDamaged("the backup does not begin as one does")
            if isinstance(record, Begin) and record.version > VERSION:
                raise ArchiveTooNew("the backup was written by a newer version")
            self._begun = True
            self.counts.add(record)
        return found


def _inflated(packed: bytes) -> bytes:
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(packed, MAX_BLOCK)
    except zlib.error:
        raise ArchiveDamaged("a part of the backup does not unpack") from None
    if not machine.eof or machine.unused_data or machine.unconsumed_tail:
        raise ArchiveDamaged("a part of the backup unpacks to more than any may have")
    return plain
