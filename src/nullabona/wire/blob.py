"""Blobs: what does not fit one frame, cut into encrypted chunks that a relay keeps by hash (spec/frame.md §4).

Chunks have few sizes, so that their number and length say little. The reference carries the key and is itself only
ever sent encrypted.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from nullabona.errors import Malformed

CHUNK_SIZES: Final = (4_096, 16_384, 65_536, 262_144, 1_048_576)
"""Sizes of a chunk's ciphertext in bytes; all but the last chunk of a blob have the largest."""
MAX_BLOB: Final = 64 * 1_048_576
"""Largest content of one blob, in bytes."""
_TAG: Final = 16
PIECE: Final = CHUNK_SIZES[-1] - _TAG
"""Bytes of content in every chunk of a blob but the last."""
_DOMAIN: Final = b"nullabona blob v1"


class BlobRef(msgspec.Struct, array_like=True, frozen=True):
    """Where a blob is and how to open it. ``chunks`` are SHA-256 of the ciphertext chunks, in order."""

    size: Annotated[int, Meta(ge=0, le=MAX_BLOB)]
    key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    chunks: Annotated[
        tuple[Annotated[bytes, Meta(min_length=32, max_length=32)], ...], Meta(min_length=1, max_length=65)
    ]

    def __repr__(self) -> str:
        return f"<BlobRef {len(self.chunks)} chunks>"


_refs = msgspec.msgpack.Decoder(BlobRef)


def encode_ref(ref: BlobRef) -> bytes:
    return msgspec.msgpack.encode(ref)


def decode_ref(data: bytes) -> BlobRef:
    """Raises `Malformed` for anything but a reference."""
    try:
        return _refs.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a blob reference") from None


def cut_blob(key: bytes, content: bytes) -> tuple[BlobRef, tuple[tuple[bytes, bytes], ...]]:
    """The reference to ``content`` and its chunks as (digest, ciphertext). ``key`` is 32 fresh random bytes."""
    pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)] or [b""]
    chunks = [seal_piece(key, index, piece) for index, piece in enumerate(pieces)]
    named = tuple((sha256(chunk).digest(), chunk) for chunk in chunks)
    return BlobRef(len(content), key, tuple(digest for digest, _ in named)), named


def seal_piece(key: bytes, index: int, piece: bytes) -> bytes:
    """One chunk of a blob that is cut as it is read: every piece but the last has `PIECE` bytes.

    ``key`` seals one blob and no other.
    """
    return AESGCM(key).encrypt(_nonce(index), _filled(piece), _DOMAIN)


def piece_count(size: int) -> int:
    """How many chunks a blob of ``size`` bytes has."""
    return max(1, -(-size // PIECE))


def open_piece(ref: BlobRef, index: int, chunk: bytes) -> bytes:
    """The content of one chunk. Raises `Malformed` unless it is exactly the chunk that the reference's size implies."""
    length = min(PIECE, ref.size - index * PIECE)
    if len(ref.chunks) != piece_count(ref.size) or not 0 <= index < len(ref.chunks):
        raise Malformed("a blob has another size than its reference says")
    if len(chunk) != _chunk_size(length) or sha256(chunk).digest() != ref.chunks[index]:
        raise Malformed("a blob chunk is not the one that was put there")
    try:
        piece = AESGCM(ref.key).decrypt(_nonce(index), chunk, _DOMAIN)
    except InvalidTag:
        raise Malformed("a blob chunk does not open") from None
    if any(piece[length:]):
        raise Malformed("a blob has another size than its reference says")
    return piece[:length]


def join_blob(ref: BlobRef, chunk: Callable[[bytes], bytes]) -> bytes:
    """The content, from chunks looked up by digest. Raises `Malformed` if a chunk is not what the reference says."""
    aead = AESGCM(ref.key)
    content = bytearray()
    for index, digest in enumerate(ref.chunks):
        data = chunk(digest)
        if len(data) not in CHUNK_SIZES or sha256(data).digest() != digest:
            raise Malformed("a blob chunk is not the one that was put there")
        try:
            content += aead.decrypt(_nonce(index), data, _DOMAIN)
        except InvalidTag:
            raise Malformed("a blob chunk does not open") from None
    if not len(content) - CHUNK_SIZES[-1] < ref.size <= len(content):
        raise Malformed("a blob has another size than its reference says")
    return bytes(content[: ref.size])


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


def _filled(piece: bytes) -> bytes:
    return piece.ljust(_chunk_size(len(piece)) - _TAG, b"\x00")


def _chunk_size(length: int) -> int:
    return next(size for size in CHUNK_SIZES if size - _TAG >= length)
