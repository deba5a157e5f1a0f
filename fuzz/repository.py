"""Fuzz what a place of backups in pieces shows: chunks, references, heads, manifests, and the records in them.

Any bytes are refused with one of the archive's errors; and what a holder of the keys writes gives records or is
refused, whatever its pieces say of themselves.
"""

from __future__ import annotations

import random

from fuzz._harness import fuzz, mutate
from nullabona.client.archive.repository.chunks import decode_refs, encode_refs, open_chunk, seal_chunk, split
from nullabona.client.archive.repository.groups import GroupReader, grouped, plains
from nullabona.client.archive.repository.reading import newest, read_records_of
from nullabona.client.archive.repository.snapshot import (
    SALT,
    Head,
    Manifest,
    decode_manifest,
    manifest_plains,
    open_head,
    seal_head,
)
from nullabona.errors import UserError
from tests.archive.filled import TODAY
from tests.archive.repositories import IDENTITY, KEYS, MemoryPlace, begin, lines, read, write


class Repositories:
    """Seeds from a place with two snapshots."""

    def __init__(self) -> None:
        self.place = MemoryPlace()
        left = write(self.place, lines(300)).left
        write(self.place, lines(400), left, at=8)
        self.plains = [plain for group in grouped([begin(), IDENTITY, *lines(40)], KEYS) for plain in plains(group)]
        refs = encode_refs(seal_chunk(KEYS, plain, TODAY)[0] for plain in self.plains)
        self.manifest = Manifest(1, 7, b"a" * 32, "mina@relay.example", 40, 0, 0, 42, refs)
        self.refs = refs

    def run(self, rng: random.Random) -> None:
        """One input."""
        rng.choice([self._lie, self._content, self._forged, self._manifest, self._head, self._refs])(rng)

    def _lie(self, rng: random.Random) -> None:
        """A place that changed some of what it keeps; all that is read is what was written."""
        place = MemoryPlace(dict(self.place.chunks), list(self.place.kept_heads))
        for _ in range(rng.randrange(1, 3)):
            name = rng.choice(sorted(place.chunks))
            place.chunks[name] = mutate(rng, place.chunks[name][:70_000])
        if rng.randrange(3) == 0:
            place.kept_heads = [mutate(rng, sealed) for sealed in place.kept_heads]
        found = read(place)
        assert found in (lines(300), lines(400))

    def _content(self, rng: random.Random) -> None:
        """Contents with any flags, as after opening."""
        reader = GroupReader()
        for plain in self.plains[: rng.randrange(1, 4)]:
            reader.feed(rng.randrange(4), mutate(rng, plain[5:3_000]))
        reader.close()

    def _forged(self, rng: random.Random) -> None:
        """Changed plaintexts, sealed as they should be."""
        plain = mutate(rng, rng.choice(self.plains)).ljust(65_520, b"\0")[:65_520]
        ref, sealed = seal_chunk(KEYS, plain, TODAY)
        flags, content = open_chunk(KEYS, ref, sealed)
        reader = GroupReader()
        reader.feed(flags, content)
        reader.close()

    def _manifest(self, rng: random.Random) -> None:
        """A list of chunks that says something else; reading by it gives records or is refused."""
        (plain,) = manifest_plains(self.manifest)
        size = int.from_bytes(plain[1:5], "big")
        forged = [seal_chunk(KEYS, each, TODAY) for each in split(mutate(rng, plain[5 : 5 + size]), 0)]
        head = Head(1, b"w" * 16, 1, 7, encode_refs(ref for ref, _ in forged))
        place = MemoryPlace({ref.name: sealed for ref, sealed in forged}, [seal_head(KEYS, b"s" * SALT, head)])
        for each in self.plains:
            ref, sealed = seal_chunk(KEYS, each, TODAY)
            place.chunks[ref.name] = sealed
        read_records_of(place, KEYS, newest(place, KEYS), lambda _: None)

    def _head(self, rng: random.Random) -> None:
        """A head that says something else."""
        refs = mutate(rng, self.refs)[: 32 * 67] or b"x"
        sealed = seal_head(KEYS, rng.randbytes(SALT), Head(rng.choice([1, 1, 2]), b"w" * 16, 1, 7, refs))
        head = open_head(KEYS, sealed)
        if head is not None:
            decode_manifest(head, [(rng.randrange(4), mutate(rng, self.refs))])

    def _refs(self, rng: random.Random) -> None:
        """Whatever is taken is said again in the same bytes."""
        data = mutate(rng, self.refs)
        assert data == encode_refs(decode_refs(data))


if __name__ == "__main__":
    fuzz("repository", __doc__, [Repositories().run], refused=(UserError,))
