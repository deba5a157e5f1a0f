"""Opens compressed files to their end, as a backup or a rotated log is kept: gzip, bzip2 and xz, however large.

`unpack` opens streams that begin anywhere in a block, but only the first part of each.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol


class Packed(Protocol):
    """A compressed file, read as what is in it."""

    def read(self, size: int, /) -> bytes: ...


_KINDS: Final[dict[bytes, tuple[str, Callable[[BinaryIO], Packed]]]] = {
    b"\x1f\x8b\x08": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ": ("xz", lzma.LZMAFile),
}
_BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)
_LONGEST_MARK: Final = max(map(len, _KINDS))


def open_packed(file: BinaryIO) -> tuple[str, Packed] | None:
    """How a file is compressed, and what is in it; None if it is not."""
    mark = file.read(_LONGEST_MARK)
    file.seek(0)
    kind = next((kind for begins, kind in _KINDS.items() if mark.startswith(begins)), None)
    return None if kind is None else (kind[0], kind[1](file))


def read_packed(packed: Packed, size: int) -> bytes:
    """At most ``size`` more bytes; empty at the end, and where the file is broken."""
    try:
        return packed.read(size)
    except _BROKEN:
        return b""
