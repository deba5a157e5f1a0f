"""Reads what can be carried away on disks: every file below a folder and its name, in blocks that overlap."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BLOCK: Final = 1_048_576
OVERLAP: Final = 65_536
"""A block repeats this much of what follows it, so that nothing is missed at a seam."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of ``source`` from ``offset`` on."""

    source: str
    offset: int
    data: bytes = field(repr=False)


def files_below(root: Path) -> Iterator[Chunk]:
    """Every regular file below ``root``, or ``root`` itself if it is one, then the names of all of them.

    Symbolic links are not followed. A file that goes away meanwhile is passed over. Whatever is in a SQLite file (free
    pages, log, unused ends of pages) is part of its bytes.
    """
    paths = [root] if root.is_file() else sorted(root.rglob("*"))
    for path in paths:
        if path.is_file() and not path.is_symlink():
            yield from file_chunks(path, _name(path, root), os.O_NOFOLLOW)
    names = "\n".join(_name(path, root) for path in paths)
    yield Chunk("file names", 0, names.encode("utf-8", "surrogateescape"))


def read_blocks(source: str, start: int, end: int, read: Callable[[int, int], bytes]) -> Iterator[Chunk]:
    """The bytes of ``source`` from ``start`` to ``end`` in overlapping blocks. ``read(size, offset)`` may give less."""
    for offset in range(start, end, BLOCK):
        data = read(min(BLOCK + OVERLAP, end - offset), offset)
        if data:
            yield Chunk(source, offset, data)


def file_chunks(path: Path, name: str, flags: int = 0) -> Iterator[Chunk]:
    """The bytes of one regular file; nothing if it is something else or gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    except FileNotFoundError:
        return
    try:
        status = os.fstat(fd)
        if stat.S_ISREG(status.st_mode):
            yield from read_blocks(name, 0, status.st_size, lambda size, offset: os.pread(fd, size, offset))
    finally:
        os.close(fd)


def _name(path: Path, root: Path) -> str:
    return path.name if path == root else str(path.relative_to(root))
