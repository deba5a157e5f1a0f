"""The characters that the certificate's fonts have. Others are written as code points, so that nothing is blank.

PDF/A forbids characters that the fonts lack, but an authority may write any character.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from struct import Struct
from typing import Final

from pylopdf_fonts_ko import sans_path, serif_path

from nullabona.errors import Bug

_HEAD: Final = Struct(">4sHHHH")
_TABLE: Final = Struct(">4sIII")
_SUBTABLE: Final = Struct(">HHI")
_FORMAT_12: Final = Struct(">HHIII")
_GROUP: Final = Struct(">III")
_FULL_UNICODE: Final = (3, 10)


def shown(text: str) -> str:
    """``text`` with control characters, and characters that the fonts lack, written as ``[U+060D]``."""
    have = covered()
    return "".join(c if ord(c) in have and c.isprintable() else f"[U+{ord(c):04X}]" for c in text)


@cache
def covered() -> frozenset[int]:
    """The code points that both fonts cover."""
    return frozenset(_code_points(serif_path()) & _code_points(sans_path()))


def _code_points(path: Path) -> set[int]:
    """The code points of an OpenType font's full Unicode table (cmap format 12). Raises `Bug` without one."""
    data = path.read_bytes()
    cmap = _find_cmap(data)
    for number in range(int.from_bytes(data[cmap + 2 : cmap + 4], "big")):
        platform, encoding, offset = _SUBTABLE.unpack_from(data, cmap + 4 + number * _SUBTABLE.size)
        if (platform, encoding) == _FULL_UNICODE:
            return _read_format_12(data, cmap + offset)
    raise Bug("a font of the certificate has no table of its letters")


def _find_cmap(data: bytes) -> int:
    count: int = _HEAD.unpack_from(data)[1]
    tables = (_TABLE.unpack_from(data, _HEAD.size + number * _TABLE.size) for number in range(count))
    return next(int(offset) for tag, _, offset, _ in tables if tag == b"cmap")


def _read_format_12(data: bytes, at: int) -> set[int]:
    kind, _, _, _, groups = _FORMAT_12.unpack_from(data, at)
    if kind != 12:
        raise Bug("a font of the certificate has a table of letters of another form")
    found: set[int] = set()
    for number in range(groups):
        first, last, _ = _GROUP.unpack_from(data, at + _FORMAT_12.size + number * _GROUP.size)
        found.update(range(first, last + 1))
    return found
