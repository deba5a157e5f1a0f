"""A backup: one age file with everything the profile remembers and the account itself (spec/archive.md §5).

Written beside its place, read back, and only then put there; so that a good file never makes way for one that is not.
A backup made after another has only what has changed since, and is restored together with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Literal

from nullabona.client.account import Account, registered_day
from nullabona.client.archive.agekey import BackupKey
from nullabona.client.archive.draft import draft_of, finish
from nullabona.client.archive.errors import (
    ArchiveDamaged,
    BackupMissing,
    BackupOfOther,
    BackupOutOfLine,
)
from nullabona.client.archive.index import Earlier
from nullabona.client.archive.ports import ArchiveStore
from nullabona.client.archive.reading import read_records
from nullabona.client.archive.records import VERSION, Begin, File, Identity, Message, Piece, Record
from nullabona.client.archive.sealing import seal, unseal
from nullabona.client.archive.stream import StreamReader
from nullabona.system.files import sync

MESSAGE_WEIGHT: Final = 512
"""What a message counts in `Progress`, in bytes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backup, a check or a restore has come, in bytes or what counts as bytes; ``total`` is an estimate."""

    part: Literal["reading", "writing"]
    """``writing``: a backup is made; ``reading``: one is checked, restored, or looked at for what changed since."""
    done: int
    total: int


Watcher = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """What a backup holds."""

    handle: str
    account: bytes
    made_at: int
    id: bytes
    after: bytes
    """The backup it needs besides; empty: it is whole."""
    messages: int
    files: int
    pieces: int
    records: int
    size: int
    """Bytes of the file."""


# -- making -------------------------------------------------------------------------------------------------------


def begin_of(account: Account, now: int, id: bytes = b"", after: bytes = b"") -> Begin:
    """How a stream of this account begins."""
    me = account.local
    return Begin(VERSION, me.account, me.handle, now, id, after)


def backup_records(store: ArchiveStore, account: Account, now: int, earlier: Earlier | None) -> Iterator[Record]:
    """The records of a backup. As `read_records`."""
    begin = begin_of(account, now, secrets.token_bytes(16), earlier.id if earlier is not None else b"")
    record = account.record
    with store.transaction():
        day = registered_day(store)
    return read_records(
        store, begin, Identity(record.root, record.handle, account.relay, record.card, day), had=earlier
    )


def weigh(store: ArchiveStore) -> int:
    """The total of a backup's `Progress`."""
    with store.transaction():
        messages, size = store.archive_size()
    return messages * MESSAGE_WEIGHT + size + MESSAGE_WEIGHT


def watched(records: Iterator[Record], total: int, watch: Watcher | None) -> Iterator[Record]:
    """The same records; ``watch`` is told every thousand of them."""
    done = 0
    for number, record in enumerate(records):
        done += len(record.data) if isinstance(record, Piece) else MESSAGE_WEIGHT * isinstance(record, Message)
        if watch is not None and number % 1_000 == 0:
            watch(Progress("writing", min(done, total), total))
        yield record


class Blocks:
    """A stream's blocks as something to read from; notes their hash."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = b""
        self._hash = sha256()

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, at least one unless the blocks are at their end."""
        if not self._held:
            self._held = next(self._blocks, b"")
            self._hash.update(self._held)
        part = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(part) :]
        return part

    @property
    def digest(self) -> bytes:
        return self._hash.digest()


def write_backup(
    path: Path, blocks: Iterator[bytes], key: BackupKey, *, verify: bool = True, watch: Watcher | None = None
) -> BackupInfo | None:
    """Write a stream's blocks to ``path``, whole or not at all; what it holds, if it was read back.

    Raises `BackupUnwritable`; what the blocks raise; and if ``verify`` finds that the disk did not keep what it took,
    `ArchiveDamaged`. A file that was there is then still there.
    """
    with draft_of(path) as (draft, out):
        source = Blocks(blocks)
        seal(source, out, key)
        out.flush()
        sync(out.fileno())
        info = None
        if verify:
            info = check_backup(draft, key, watch=watch, expected=source.digest)
        out.close()
        finish(draft, path)
    return info


# -- reading ------------------------------------------------------------------------------------------------------


def read_backup(
    path: Path, key: BackupKey, take: Callable[[list[Record]], None], *, watch: Watcher | None = None
) -> bytes:
    """Hand a backup's records to ``take``, block by block; the hash of the plain stream.

    Raises `BackupMissing`, `BackupNotAge`, `BackupLocked`, `ArchiveDamaged`, `ArchiveTruncated` or `ArchiveTooNew`;
    what was handed out until then was as it had been written.
    """
    try:
        with path.open("rb") as file:
            sink = _Sink(take)
            unseal(_Counted(file, path.stat().st_size, watch), sink, key)  # type: ignore[arg-type]
    except OSError as error:
        raise BackupMissing("the backup cannot be read") from error
    sink.reader.close()
    return sink.hash.digest()


class _Sink:
    def __init__(self, take: Callable[[list[Record]], None]) -> None:
        self.reader = StreamReader()
        self.hash = sha256()
        self._take = take

    def write(self, data: bytes, /) -> None:
        self.hash.update(data)
        if found := self.reader.feed(data):
            self._take(found)


class _Counted:
    """A file that says how much of it was read."""

    def __init__(self, file: BinaryIO, size: int, watch: Watcher | None) -> None:
        self._file = file
        self._size = size
        self._watch = watch
        self._told = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        at = self._file.tell()
        if self._watch is not None and at - self._told >= 1 << 20:
            self._told = at
            self._watch(Progress("reading", at, self._size))
        return data

    def seek(self, place: int) -> int:
        return self._file.seek(place)


def check_backup(
    path: Path, key: BackupKey, *, watch: Watcher | None = None, expected: bytes | None = None
) -> BackupInfo:
    """Read a backup to its end; what it holds. Raises as `read_backup`."""
    kinds: dict[type, int] = {}
    begins: list[Begin] = []

    def take(records: list[Record]) -> None:
        for record in records:
            kinds[type(record)] = kinds.get(type(record), 0) + 1
            if isinstance(record, Begin):
                begins.append(record)

    digest = read_backup(path, key, take, watch=watch)
    if expected is not None and digest != expected:
        raise ArchiveDamaged("the disk did not keep what was written")
    begin = begins[0]
    return BackupInfo(
        handle=begin.handle,
        account=begin.account,
        made_at=begin.made_at,
        id=begin.id,
        after=begin.after,
        messages=kinds.get(Message, 0),
        files=kinds.get(File, 0),
        pieces=kinds.get(Piece, 0),
        records=sum(kinds.values()),
        size=path.stat().st_size,
    )


def read_earlier(path: Path, key: BackupKey, account: bytes, *, watch: Watcher | None = None) -> Earlier:
    """What a whole backup of this account has. Raises as `read_backup`, `BackupOfOther` or `BackupOutOfLine`."""
    earlier = Earlier()

    def take(records: list[Record]) -> None:
        for record in records:
            if isinstance(record, Begin):
                _must_be_whole(record)
                if record.account != account:
                    raise BackupOfOther(f"this backup is of {record.handle}")
                earlier.id = record.id
            earlier.add(record)

    read_backup(path, key, take, watch=watch)
    return earlier


def _must_be_whole(begin: Begin) -> None:
    if begin.after or not begin.id:
        raise BackupOutOfLine("this backup has only what changed after another one")
