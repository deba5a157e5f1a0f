"""Writes a snapshot, reads it back, and only then gives up older ones (spec/repository.md §6).

Nothing that an earlier snapshot needs is changed or removed before the new one was verified, so that a crash between
any two writes leaves the earlier one whole.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from nullabona.client.archive.backup import Progress, Watcher
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.records import Begin
from nullabona.client.archive.repository.chunks import ChunkRef, encode_refs, open_chunk, plain_id, seal_chunk
from nullabona.client.archive.repository.groups import Counts, Group, plains
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import KEPT, Place
from nullabona.client.archive.repository.reading import FoundHead, Snapshot, heads_of, open_heads, read_snapshot
from nullabona.client.archive.repository.snapshot import (
    SALT,
    VERSION,
    Head,
    Manifest,
    head_digest,
    manifest_plains,
    must_fit,
    seal_head,
)

Doubt = Literal["", "rolled-back", "emptied"]
"""What the place no longer has of what we left there: nothing, the newest snapshot, or everything."""


@dataclass(frozen=True, slots=True)
class Left:
    """What this profile left at a place: its name there, and number and digest of its newest head."""

    writer: bytes
    number: int = 0
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot that was written and read back."""

    number: int
    made_at: int
    messages: int
    files: int
    chunks: int
    size: int
    """Bytes of all its chunks."""
    written: int
    """How many chunks were new."""
    written_bytes: int
    pruned: int
    doubt: Doubt
    left: Left


def write_snapshot(
    place: Place,
    keys: RepositoryKeys,
    groups: Iterable[Group],
    begin: Begin,
    left: Left,
    *,
    today: int,
    watch: Watcher | None = None,
) -> Written:
    """Write a snapshot of the records in ``groups``, which begin with ``begin``.

    It counts only when every chunk that was written and the head were read back. Raises what the place and the groups
    raise, `BackupTooLarge`, and `ArchiveDamaged` if the place did not keep what it took; earlier ones are then whole.
    """
    heads = heads_of(open_heads(place, keys), left.writer)
    writer = _Writer(place, keys, today, _known(place, keys, heads))
    refs: list[ChunkRef] = []
    counts = Counts()
    for group in groups:
        refs += [writer.take(plain) for plain in plains(group)]
        must_fit(len(refs), writer.size, place.most_bytes)
        counts.messages += group.counts.messages
        counts.files += group.counts.files
        counts.pieces += group.counts.pieces
        counts.records += group.counts.records
    number = max([left.number, *(each.head.number for each in heads)]) + 1
    manifest = Manifest(
        number=number,
        made_at=begin.made_at,
        account=begin.account,
        handle=begin.handle,
        messages=counts.messages,
        files=counts.files,
        pieces=counts.pieces,
        records=counts.records,
        chunks=encode_refs(refs),
    )
    parts = [writer.take(plain) for plain in manifest_plains(manifest)]
    writer.verify(watch)
    head = Head(VERSION, left.writer, number, begin.made_at, encode_refs(parts))
    sealed = seal_head(keys, secrets.token_bytes(SALT), head)
    place.write_head(number, sealed)
    snapshot = _read_back(place, keys, head_digest(sealed), manifest)
    pruned = _prune(place, keys, snapshot, head_digest(sealed))
    return Written(
        number=number,
        made_at=begin.made_at,
        messages=counts.messages,
        files=counts.files,
        chunks=len(refs) + len(parts),
        size=snapshot.size,
        written=len(writer.written),
        written_bytes=sum(ref.size for ref in writer.written.values()),
        pruned=pruned,
        doubt=_doubt(heads, left),
        left=Left(left.writer, number, head_digest(sealed)),
    )


@dataclass(slots=True)
class _Writer:
    """Writes the chunks that the place does not have."""

    place: Place
    keys: RepositoryKeys
    today: int
    known: dict[bytes, ChunkRef]
    """Chunks of earlier snapshots, by their ids."""
    written: dict[bytes, ChunkRef] = field(default_factory=dict)
    size: int = 0
    """Bytes of all chunks until now."""
    _done: dict[bytes, ChunkRef] = field(default_factory=dict)

    def take(self, plain: bytes) -> ChunkRef:
        """The reference to a chunk that the place has now."""
        id = plain_id(self.keys, plain)
        if (done := self._done.get(id)) is not None:
            return done
        known = self.known.get(id)
        if known is not None and self.place.keeps(known, self.today):
            ref = known
        else:
            ref, sealed = seal_chunk(self.keys, plain, self.today)
            self.place.write(ref, sealed)
            self.written[id] = ref
        self._done[id] = ref
        self.size += ref.size
        return ref

    def verify(self, watch: Watcher | None) -> None:
        """Read back what was written. Raises `ArchiveDamaged`."""
        for number, ref in enumerate(self.written.values()):
            open_chunk(self.keys, ref, self.place.read(ref))
            if watch is not None and number % 16 == 0:
                watch(Progress("reading", number, len(self.written)))


def _known(place: Place, keys: RepositoryKeys, heads: list[FoundHead]) -> dict[bytes, ChunkRef]:
    """The chunks of the earlier snapshots that can be read; what a damaged one had is written again."""
    known: dict[bytes, ChunkRef] = {}
    for each in reversed(heads[:KEPT]):
        with suppress(ArchiveDamaged):
            snapshot = read_snapshot(place, keys, each.head)
            known |= {ref.id: ref for ref in snapshot.chunks}
    return known


def _read_back(place: Place, keys: RepositoryKeys, digest: bytes, manifest: Manifest) -> Snapshot:
    """The new snapshot, as a reader finds it. Raises `ArchiveDamaged`."""
    for each in open_heads(place, keys):
        if each.digest == digest:
            found = read_snapshot(place, keys, each.head)
            if found.manifest == manifest:
                return found
    raise ArchiveDamaged("the place did not keep what was written")


def _prune(place: Place, keys: RepositoryKeys, newest: Snapshot, digest: bytes) -> int:
    """Keep the newest snapshots of every writer, as far as they can be read, and give up the rest."""
    kept = {digest: newest}
    counts: dict[bytes, int] = {}
    heads = open_heads(place, keys)
    writer = next(each.head.writer for each in heads if each.digest == digest)
    for each in heads:
        newer = each.head.writer == writer and each.head.number >= newest.manifest.number
        if each.digest == digest or newer or counts.get(each.head.writer, 0) >= KEPT - (each.head.writer == writer):
            continue
        with suppress(ArchiveDamaged):
            kept[each.digest] = read_snapshot(place, keys, each.head)
            counts[each.head.writer] = counts.get(each.head.writer, 0) + 1
    names = frozenset(ref.name for snapshot in kept.values() for ref in (*snapshot.parts, *snapshot.chunks))
    return place.prune(frozenset(kept), names)


def _doubt(heads: list[FoundHead], left: Left) -> Doubt:
    if not left.number or any(each.digest == left.digest for each in heads):
        return ""
    if heads and heads[0].head.number > left.number:
        return ""  # only this writer can have sealed it: the profile is an old copy, not the place
    return "rolled-back" if heads else "emptied"
