"""Repositories for tests: a place in memory that can fail, forget and lie, and records to put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nullabona.client.archive import words_key
from nullabona.client.archive.errors import BackupUnwritable
from nullabona.client.archive.records import VERSION, Begin, Identity, Message, Record
from nullabona.client.archive.repository.chunks import ChunkRef, is_chunk
from nullabona.client.archive.repository.groups import grouped
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import Place
from nullabona.client.archive.repository.reading import newest, read_records_of
from nullabona.client.archive.repository.snapshot import head_digest
from nullabona.client.archive.repository.writing import Left, Written, write_snapshot
from nullabona.client.keys import AccountRoot
from tests.archive.filled import TODAY
from tests.archive.making import ME, message

ROOT = bytes(range(32))
WORDS = words_key(AccountRoot(ROOT))
PLACE = b"p" * 16
KEYS = RepositoryKeys.of(WORDS, PLACE)
NOTHING = Left(b"w" * 16)
OTHER = Left(b"o" * 16)
"""Another device of the account."""
IDENTITY = Identity(ROOT, "mina@relay.example", "https://relay.example", b"card")


class Cut(Exception):
    """The process ends here."""


@dataclass
class MemoryPlace:
    """A place that keeps what it is told. ``steps``: how many changes it takes before the process ends."""

    chunks: dict[bytes, bytes] = field(default_factory=dict)
    kept_heads: list[bytes] = field(default_factory=list)
    steps: int | None = None
    after: bool = False
    """Whether the last step still happens."""
    writes: int = 0
    most: int = 1 << 40

    @property
    def id(self) -> bytes:
        return PLACE

    @property
    def most_bytes(self) -> int:
        return self.most

    def heads(self) -> list[bytes]:
        return list(self.kept_heads)

    def read(self, ref: ChunkRef) -> bytes | None:
        return self.chunks.get(ref.name)

    def keeps(self, ref: ChunkRef, today: int) -> bool:
        return is_chunk(ref, self.read(ref))

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        self._step(lambda: self.chunks.update({ref.name: sealed}))

    def write_head(self, number: int, sealed: bytes) -> None:
        self._step(lambda: self.kept_heads.append(sealed))

    def prune(self, heads: frozenset[bytes], names: frozenset[bytes]) -> int:
        for sealed in [each for each in self.kept_heads if head_digest(each) not in heads]:
            self._step(lambda sealed=sealed: self.kept_heads.remove(sealed))  # type: ignore[misc]
        gone = [name for name in self.chunks if name not in names]
        for name in gone:
            self._step(lambda name=name: self.chunks.pop(name))  # type: ignore[misc]
        return len(gone)

    def _step(self, change: Callable[[], object]) -> None:
        self.writes += 1
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                if self.after:
                    change()
                raise Cut
        change()


class FullPlace(MemoryPlace):
    """A place that takes no chunk any more."""

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        raise BackupUnwritable("full")


def begin(at: int = 7) -> Begin:
    return Begin(VERSION, ME, "mina@relay.example", at)


def lines(count: int, first: int = 0) -> list[Message]:
    """Different lines of about 300 bytes."""
    return [
        message(id=number.to_bytes(16, "big"), sent_at=number, about=(number * 7919).to_bytes(8, "big") * 8)
        for number in range(first, first + count)
    ]


def write(place: Place, records: Iterable[Record], left: Left = NOTHING, *, at: int = 7, today: int = TODAY) -> Written:
    """A snapshot of these records."""
    keys = RepositoryKeys.of(WORDS, place.id)
    return write_snapshot(place, keys, grouped([begin(at), IDENTITY, *records], keys), begin(at), left, today=today)


def read(place: Place, *, earlier: bool = False) -> list[Record]:
    """The records of the newest snapshot, or of the one before it, without the two that begin it."""
    found: list[Record] = []
    keys = RepositoryKeys.of(WORDS, place.id)
    read_records_of(place, keys, newest(place, keys, earlier=earlier), found.extend)
    return found[2:]
