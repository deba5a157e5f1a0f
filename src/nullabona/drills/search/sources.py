"""Reads what can be carried away on disks: every file below a folder and its name, in blocks that overlap.

What is compressed as a whole is read a second time as what is in it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nullabona
from nullabona.drills.search.archives import open_packed, read_packed

READ_BY_A_RELAY: Final = (
    "cli", "directory", "errors.py", "extras.py", "log", "machine", "operating", "reading", "relay", "sequencer",
    "system", "updating", "wire", "words",
)  # fmt: skip
"""Parts of the package. The others have words and names of people in them, which would be overlooked."""
OF_DRILLS: Final = "drill_"
"""How the names of the drills' sentences begin among the words: people of the drills are in them."""
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

    ``root`` may also be a disk or a part of one, as swap is. Symbolic links are not followed. A file that goes away
    meanwhile is passed over. Whatever is in a SQLite file (free pages, log, unused ends of pages) is part of its bytes.
    """
    single = root.is_file() or root.is_block_device()
    paths = [root] if single else sorted(root.rglob("*"))
    for path in paths:
        if (single or path.is_file()) and not path.is_symlink():
            yield from file_chunks(path, _name(path, root), os.O_NOFOLLOW)
            yield from _packed_chunks(path, _name(path, root))
    names = "\n".join(_name(path, root) for path in paths)
    yield Chunk("file names", 0, names.encode("utf-8", "surrogateescape"))


def program_files() -> Iterator[Chunk]:
    """The files that a relay's process reads of this program, and no others: its words are in memory in whichever form
    they were read, and of those that were freed it depends on chance what is left. What the drills say is read by
    drills only.
    """
    for part in READ_BY_A_RELAY:
        for chunk in files_below(Path(nullabona.__file__).parent / part):
            if not (part == "words" and chunk.source.startswith(OF_DRILLS)):
                yield chunk


def read_blocks(source: str, start: int, end: int, read: Callable[[int, int], bytes]) -> Iterator[Chunk]:
    """The bytes of ``source`` from ``start`` to ``end`` in overlapping blocks. ``read(size, offset)`` may give less."""
    for offset in range(start, end, BLOCK):
        data = read(min(BLOCK + OVERLAP, end - offset), offset)
        if data:
            yield Chunk(source, offset, data)


def file_chunks(path: Path, name: str, flags: int = 0) -> Iterator[Chunk]:
    """The bytes of one regular file, or of a disk or part of one; nothing if it is something else or gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    except FileNotFoundError:
        return
    try:
        if _has_bytes(os.fstat(fd).st_mode):
            end = os.lseek(fd, 0, os.SEEK_END)  # a disk's status says nothing of its size
            yield from read_blocks(name, 0, end, lambda size, offset: os.pread(fd, size, offset))
    finally:
        os.close(fd)


def _packed_chunks(path: Path, name: str) -> Iterator[Chunk]:
    """What a compressed file holds; nothing if it is none, or gone."""
    try:
        with path.open("rb") as file:
            found = open_packed(file)
            if found is not None:
                yield from _stream_blocks(f"{name} ({found[0]})", lambda: read_packed(found[1], BLOCK))
    except FileNotFoundError:
        return


def _stream_blocks(source: str, read: Callable[[], bytes]) -> Iterator[Chunk]:
    offset, before = 0, b""
    while data := read():
        block = before + data
        yield Chunk(source, offset - len(before), block)
        offset, before = offset + len(data), block[-OVERLAP:]


def _has_bytes(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISBLK(mode)


def _name(path: Path, root: Path) -> str:
    return path.name if path == root else str(path.relative_to(root))
