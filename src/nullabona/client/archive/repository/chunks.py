"""Chunks: what a repository keeps, sealed and padded to one of three sizes (spec/repository.md §3). Pure.

The same content gives the same chunk, so that what did not change is not written again. Only a holder of the keys can
tell from a chunk's name what is in it, or whether two repositories have something in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.repository.keys import RepositoryKeys

SIZES: Final = (65_536, 262_144, 1_048_576)
"""The only sizes of a chunk, in bytes: large enough that messages nearly always fill the smallest."""
DEFLATED, MORE = 1, 2
"""Flags: the payload is compressed; the content goes on in the next chunk."""
_TAG: Final = 16
_HEAD: Final = 5
PAYLOAD: Final = SIZES[-1] - _TAG - _HEAD
"""Most bytes of content in a chunk."""
REF: Final = 67
"""Bytes of an encoded reference."""
_NONCE: Final = bytes(12)
_DOMAIN: Final = b"nullabona repository chunk v1"


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """Where a chunk is, and how to open it."""

    id: bytes
    """The keyed hash of its plaintext, which also gives its key."""
    name: bytes
    """The SHA-256 of its bytes."""
    size: int
    day: int
    """When it was written last, in days since 1970."""

    def encode(self) -> bytes:
        return self.id + self.name + bytes((SIZES.index(self.size),)) + self.day.to_bytes(2, "big")

    def __repr__(self) -> str:
        return f"<ChunkRef of {self.size} bytes>"


def encode_refs(refs: Iterable[ChunkRef]) -> bytes:
    return b"".join(ref.encode() for ref in refs)


def decode_refs(data: bytes) -> tuple[ChunkRef, ...]:
    """Raises `ArchiveDamaged`."""
    if len(data) % REF:
        raise ArchiveDamaged("a list of chunks is cut off")
    found = []
    for at in range(0, len(data), REF):
        kind, day = data[at + 64], int.from_bytes(data[at + 65 : at + REF], "big")
        if kind >= len(SIZES):
            raise ArchiveDamaged("a chunk has a size that none has")
        found.append(ChunkRef(data[at : at + 32], data[at + 32 : at + 64], SIZES[kind], day))
    return tuple(found)


def split(content: bytes, flags: int) -> Iterator[bytes]:
    """The plaintexts of the chunks that hold ``content``, padded. At least one."""
    for at in range(0, max(len(content), 1), PAYLOAD):
        part = content[at : at + PAYLOAD]
        more = MORE if at + PAYLOAD < len(content) else 0
        size = next(size for size in SIZES if size - _TAG - _HEAD >= len(part))
        head = bytes((flags | more,)) + len(part).to_bytes(4, "big")
        yield (head + part).ljust(size - _TAG, b"\x00")


def plain_id(keys: RepositoryKeys, plain: bytes) -> bytes:
    """What names a plaintext."""
    return blake2b(plain, key=keys.ids, digest_size=32).digest()


def seal_chunk(keys: RepositoryKeys, plain: bytes, day: int) -> tuple[ChunkRef, bytes]:
    """The chunk of a plaintext of `split`."""
    id = plain_id(keys, plain)
    # Each plaintext has its own key: the nonce never repeats with different content, so it can be constant.
    sealed = AESGCM(_key(keys, id)).encrypt(_NONCE, plain, _DOMAIN)
    return ChunkRef(id, sha256(sealed).digest(), len(sealed), day), sealed


def is_chunk(ref: ChunkRef, sealed: bytes | None) -> bool:
    """Whether these are the bytes that were written."""
    return sealed is not None and len(sealed) == ref.size and sha256(sealed).digest() == ref.name


def open_chunk(keys: RepositoryKeys, ref: ChunkRef, sealed: bytes | None) -> tuple[int, bytes]:
    """Flags and content of a chunk. Raises `ArchiveDamaged` unless it is exactly the one that was written."""
    if sealed is None:
        raise ArchiveDamaged("a part of the backup is missing")
    if not is_chunk(ref, sealed):
        raise ArchiveDamaged("a part of the backup was changed")
    try:
        plain = AESGCM(_key(keys, ref.id)).decrypt(_NONCE, sealed, _DOMAIN)
    except InvalidTag:
        raise ArchiveDamaged("a part of the backup does not open") from None
    size = int.from_bytes(plain[1:_HEAD], "big")
    if plain_id(keys, plain) != ref.id or plain[0] > DEFLATED | MORE or size > len(plain) - _HEAD:
        raise ArchiveDamaged("a part of the backup is not what it says it is")
    return plain[0], plain[_HEAD : _HEAD + size]


def _key(keys: RepositoryKeys, id: bytes) -> bytes:
    return blake2b(id, key=keys.chunks, digest_size=32).digest()
