"""Heads and manifests: what a snapshot consists of (spec/repository.md §5). Pure.

A head is small, has one size, and names the chunks of its manifest. The manifest names the chunks of the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTooNew, BackupTooLarge
from nullabona.client.archive.repository.chunks import MORE, REF, split
from nullabona.client.archive.repository.keys import RepositoryKeys

VERSION: Final = 1
HEAD: Final = 4_096
"""Bytes of a sealed head: one of the sizes of frames (spec/frame.md §2)."""
SALT: Final = 16
_TAG: Final = 16
MOST_PARTS: Final = 32
"""Most chunks of a manifest."""
MOST_CHUNKS: Final = 400_000
"""Most chunks that a snapshot names."""
_DOMAIN: Final = b"nullabona repository head v1"
_NONCE: Final = bytes(12)
Writer = Annotated[bytes, Meta(min_length=16, max_length=16)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Head(msgspec.Struct, array_like=True, frozen=True):
    """The beginning of a snapshot."""

    version: Annotated[int, Meta(ge=1)]
    writer: Writer
    """Names the profile that wrote it: several devices of an account share the box at their relay."""
    number: Count
    """Grows with every snapshot of a writer."""
    made_at: Count
    """When it was begun, in ms."""
    parts: Annotated[bytes, Meta(min_length=REF, max_length=MOST_PARTS * REF)]
    """References to the chunks of the manifest."""

    def __repr__(self) -> str:
        return f"<Head {self.number}>"


class Manifest(msgspec.Struct, array_like=True, frozen=True):
    """What a snapshot holds."""

    number: Count
    made_at: Count
    account: Annotated[bytes, Meta(min_length=32, max_length=32)]
    handle: Annotated[str, Meta(max_length=512)]
    messages: Count
    files: Count
    pieces: Count
    records: Count
    chunks: Annotated[bytes, Meta(min_length=REF, max_length=MOST_CHUNKS * REF)]
    """References to the chunks of the records, in their order."""

    def __repr__(self) -> str:
        return f"<Manifest {self.number}, {len(self.chunks) // REF} chunks>"


_heads = msgspec.msgpack.Decoder(Head)
_manifests = msgspec.msgpack.Decoder(Manifest)
_encode = msgspec.msgpack.Encoder().encode


def seal_head(keys: RepositoryKeys, salt: bytes, head: Head) -> bytes:
    """``salt`` is 16 fresh random bytes."""
    plain = _encode(head)
    padded = (len(plain).to_bytes(2, "big") + plain).ljust(HEAD - SALT - _TAG, b"\x00")
    return salt + AESGCM(_key(keys, salt)).encrypt(_NONCE, padded, _DOMAIN)


def open_head(keys: RepositoryKeys, sealed: bytes) -> Head | None:
    """None: these keys do not open it here. Raises `ArchiveTooNew` or `ArchiveDamaged` for what they do open."""
    if len(sealed) != HEAD:
        return None
    salt = sealed[:SALT]
    try:
        plain = AESGCM(_key(keys, salt)).decrypt(_NONCE, sealed[SALT:], _DOMAIN)
    except InvalidTag:
        return None
    size = int.from_bytes(plain[:2], "big")
    try:
        version = msgspec.msgpack.decode(plain[2 : 2 + size], type=list)[0]
        if isinstance(version, int) and version > VERSION:
            raise ArchiveTooNew("the backup was written by a newer version")
        return _heads.decode(plain[2 : 2 + size])
    except (msgspec.MsgspecError, ValueError, IndexError, RecursionError):
        raise ArchiveDamaged("the beginning of a backup does not decode") from None


def head_digest(sealed: bytes) -> bytes:
    """What a profile remembers of the head that it wrote last."""
    return sha256(sealed).digest()


def manifest_plains(manifest: Manifest) -> Iterator[bytes]:
    """The plaintexts of a manifest's chunks."""
    return split(_encode(manifest), 0)


def decode_manifest(head: Head, contents: Iterable[tuple[int, bytes]]) -> Manifest:
    """The manifest of a head, from the contents of its chunks. Raises `ArchiveDamaged`."""
    found = list(contents)
    if any(flags != MORE for flags, _ in found[:-1]) or not found or found[-1][0]:
        raise ArchiveDamaged("parts of a backup's list do not belong together")
    try:
        manifest = _manifests.decode(b"".join(content for _, content in found))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ArchiveDamaged("the list of a backup does not decode") from None
    if (manifest.number, manifest.made_at) != (head.number, head.made_at):
        raise ArchiveDamaged("the list of a backup belongs to another one")
    return manifest


def must_fit(chunks: int, size: int, most_bytes: int) -> None:
    """Raises `BackupTooLarge` if a snapshot cannot name so many chunks, or a place does not take so many bytes."""
    if chunks > MOST_CHUNKS or size > most_bytes:
        raise BackupTooLarge("the profile is too large for a backup there")


def _key(keys: RepositoryKeys, salt: bytes) -> bytes:
    return blake2b(salt, key=keys.heads, digest_size=32).digest()
