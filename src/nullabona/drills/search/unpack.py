"""Opens what is compressed: every zlib, gzip, bzip2 or xz stream that begins anywhere in a block, within bounds.

Not found: raw deflate without a header, zstd, lz4, brotli; a stream of which only a later part is left.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

MOST_PACKED: Final = 65_536
"""Bytes of a stream that are looked at."""
MOST_OPENED: Final = 1_048_576
"""Bytes that one stream may unpack to."""
LEAST_OPENED: Final = 6
_HEADER: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\x00")
_STEP: Final = 512


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a stream at ``offset`` of the block unpacks to, as far as it could be read."""

    name: str
    offset: int
    data: bytes = field(repr=False)


def unpack(block: bytes) -> Iterator[Opened]:
    """Every stream in ``block`` that gives at least a few bytes."""
    for match in _HEADER.finditer(block):
        name, make = _KINDS[match.group()[:2]]
        data = _open(make(), block[match.start() : match.start() + MOST_PACKED])
        if len(data) >= LEAST_OPENED:
            yield Opened(name, match.start(), data)


def _open(decompressor: _Decompressor, packed: bytes) -> bytes:
    """As much as comes out before the stream ends or breaks; a broken stream may still have begun with a secret."""
    opened = bytearray()
    for at in range(0, len(packed), _STEP):
        try:
            opened += decompressor.decompress(packed[at : at + _STEP], MOST_OPENED - len(opened))
        except (zlib.error, OSError, EOFError, lzma.LZMAError):
            break
        if len(opened) >= MOST_OPENED:
            break
    return bytes(opened)


def _xz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=67_108_864)


_KINDS: Final[dict[bytes, tuple[str, Callable[[], _Decompressor]]]] = {
    b"\x78\x01": ("zlib", zlib.decompressobj),
    b"\x78\x5e": ("zlib", zlib.decompressobj),
    b"\x78\x9c": ("zlib", zlib.decompressobj),
    b"\x78\xda": ("zlib", zlib.decompressobj),
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(wbits=31)),
    b"BZ": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7": ("xz", _xz),
}
