"""Reads snapshots from a place that may lie (spec/repository.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from nullabona.client.archive.backup import Progress, Watcher
from nullabona.client.archive.errors import ArchiveDamaged, BackupMissing
from nullabona.client.archive.records import Record
from nullabona.client.archive.repository.chunks import ChunkRef, decode_refs, open_chunk
from nullabona.client.archive.repository.groups import GroupReader
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import Place
from nullabona.client.archive.repository.snapshot import Head, Manifest, decode_manifest, head_digest, open_head


@dataclass(frozen=True, slots=True)
class FoundHead:
    """A head that these keys opened."""

    head: Head
    digest: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot whose manifest was read. ``chunks`` are those of the records."""

    manifest: Manifest
    parts: tuple[ChunkRef, ...]
    chunks: tuple[ChunkRef, ...]

    @property
    def size(self) -> int:
        """Bytes of all chunks."""
        return sum({ref.name: ref.size for ref in (*self.parts, *self.chunks)}.values())


def open_heads(place: Place, keys: RepositoryKeys) -> list[FoundHead]:
    """The heads that these keys open: of each writer the newest first, the writer with the newest backup first.

    A damaged one is passed over. Raises `ArchiveTooNew`.
    """
    found = []
    for sealed in place.heads():
        with suppress(ArchiveDamaged):
            if (head := open_head(keys, sealed)) is not None:
                found.append(FoundHead(head, head_digest(sealed)))
    found.sort(key=lambda each: (each.head.number, each.head.made_at), reverse=True)
    latest: dict[bytes, int] = {}
    for each in found:
        latest.setdefault(each.head.writer, each.head.made_at)
    return sorted(found, key=lambda each: (latest[each.head.writer], each.head.writer), reverse=True)


def heads_of(heads: list[FoundHead], writer: bytes) -> list[FoundHead]:
    """Those of one writer, newest first."""
    return [each for each in heads if each.head.writer == writer]


def read_snapshot(place: Place, keys: RepositoryKeys, head: Head) -> Snapshot:
    """Raises `ArchiveDamaged`, and what the place raises."""
    parts = decode_refs(head.parts)
    manifest = decode_manifest(head, (open_chunk(keys, ref, place.read(ref)) for ref in parts))
    return Snapshot(manifest, parts, decode_refs(manifest.chunks))


def newest(place: Place, keys: RepositoryKeys, *, earlier: bool = False) -> Snapshot:
    """The newest snapshot, or the one before it. Raises `BackupMissing` if these keys open none, `ArchiveDamaged`."""
    heads = open_heads(place, keys)
    own = heads_of(heads, heads[0].head.writer) if heads else []
    if len(own) <= earlier:
        raise BackupMissing("there is no backup here that these words open")
    return read_snapshot(place, keys, own[1 if earlier else 0].head)


def contents(place: Place, keys: RepositoryKeys, snapshot: Snapshot) -> Iterator[tuple[int, bytes]]:
    """Flags and content of every chunk of the records, checked. Raises `ArchiveDamaged`."""
    for ref in snapshot.chunks:
        yield open_chunk(keys, ref, place.read(ref))


def read_records_of(
    place: Place,
    keys: RepositoryKeys,
    snapshot: Snapshot,
    take: Callable[[list[Record]], None],
    *,
    watch: Watcher | None = None,
) -> None:
    """Hand a snapshot's records to ``take``, group by group.

    Raises `ArchiveDamaged` or `ArchiveTooNew`, and what ``take`` raises; what was handed out until then was as it had
    been written.
    """
    reader, manifest = GroupReader(), snapshot.manifest
    for number, (flags, content) in enumerate(contents(place, keys, snapshot)):
        if watch is not None and number % 16 == 0:
            watch(Progress("reading", number, len(snapshot.chunks)))
        if found := reader.feed(flags, content):
            take(found)
    reader.close()
    if reader.counts.records != manifest.records:
        raise ArchiveDamaged("parts of the backup are missing")
