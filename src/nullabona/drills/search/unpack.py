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
"""Bytes of a stream that are searched. Content after them is not found."""
MOST_OPENED: Final = 1_048_576
"""Bytes that one stream may unpack to. What comes out behind them is not found."""
LEAST_OPENED: Final = 6
_STEP: Final = 512


class _Decompressor(Protocol):
    def decompress(self, data: memoryview, max_length: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a stream at ``offset`` of the block unpacks to, as far as it could be read."""

    name: str
    offset: int
    data: bytes = field(repr=False)


def unpack(block: bytes) -> Iterator[Opened]:
    """Every stream in ``block`` that gives at least a few bytes."""
    view = memoryview(block)
    for match in _HEADER.finditer(block):
        name, make = _KINDS.get(match.group()[:2], _ZLIB)
        data = _open(make(), view[match.start() : match.start() + MOST_PACKED])
        if len(data) >= LEAST_OPENED:
            yield Opened(name, match.start(), data)


def _open(decompressor: _Decompressor, packed: memoryview) -> bytes:
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


def _zlib_headers(window: int) -> bytes:
    """An expression for the two bytes that a zlib stream begins with (RFC 1950), at any level, without a dictionary."""
    first = window << 4 | 8
    flags = (each for each in range(256) if not each & 0x20 and (first << 8 | each) % 31 == 0)
    return rb"\x%02x[%s]" % (first, b"".join(rb"\x%02x" % each for each in flags))


_ZLIB: Final[tuple[str, Callable[[], _Decompressor]]] = ("zlib", zlib.decompressobj)
_KINDS: Final[dict[bytes, tuple[str, Callable[[], _Decompressor]]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(wbits=31)),
    b"BZ": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7": ("xz", _xz),
}
_WINDOWS: Final = range(8)
_HEADER: Final = re.compile(
    b"|".join([*map(_zlib_headers, _WINDOWS), rb"\x1f\x8b\x08", rb"BZh[1-9]1AY&SY", rb"\xfd7zXZ\x00"])
)
