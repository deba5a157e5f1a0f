"""File names as others may choose them: what is safe to show and to write (spec/room.md, "Files"). Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME: Final = 255
"""Longest name in bytes of UTF-8: what file systems take."""
_MAX_EXTENSION: Final = 16
_FORBIDDEN: Final = frozenset('<>:"|?*\\/')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789")]
)
FALLBACK: Final = "file"


def safe_name(text: str) -> str:
    """The last part of ``text``, without controls, direction marks and signs that a system gives a meaning.

    At most 255 bytes, the extension kept; never empty, never hidden, never ``.`` or ``..``; safe again is itself.
    """
    last = unicodedata.normalize("NFC", text).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(" " if char.isspace() else char for char in last if _harmless(char))
    name = _shortened(" ".join(kept.split()).strip(". ")) or FALLBACK
    stem = name.partition(".")[0].strip().lower()
    return f"_{name}" if stem in _RESERVED else name


def numbered_name(name: str, number: int) -> str:
    """``photo.jpg`` with 2 is ``photo (2).jpg``."""
    stem, dot, extension = _split(name)
    return _shortened(f"{stem} ({number}){dot}{extension}")


def _harmless(char: str) -> bool:
    if char.isspace():
        return True
    return char not in _FORBIDDEN and unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def _split(name: str) -> tuple[str, str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _MAX_EXTENSION:
        return name, "", ""
    return stem, dot, extension


def _shortened(name: str) -> str:
    stem, dot, extension = _split(name)
    room = MAX_NAME - 1 - len((dot + extension).encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return stem + dot + extension
