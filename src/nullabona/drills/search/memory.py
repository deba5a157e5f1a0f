"""Reads a process's memory as a holder of the machine can: /proc/PID/maps and /proc/PID/mem, including swapped pages.

Left out: files mapped read-only (the program and its libraries), which nobody can have written into, and the pages
that the kernel lends. The kernel's own memory (sockets, file cache) is not the process's and is not read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.drills.search.sources import Chunk, file_chunks, read_blocks
from nullabona.errors import UserError

_LINE: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ (\S+) (\d+)\s*(.*)")
_KERNEL: Final = frozenset({"[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]"})
_PAGE: Final = 4_096
OPEN_FILE: Final = "open file "
"""How the sources of `open_files` are named, before the name of the file."""


class MemoryDenied(UserError):
    """The process's memory may not be read by this user."""

    code = "memory-denied"
    default_hint = "run the drill as root: the relay forbids even its own user to look into its memory"


class NoProcess(UserError):
    """There is no such process."""

    code = "no-process"
    default_hint = "give the process id of a running relay"


@dataclass(frozen=True, slots=True)
class _Region:
    start: int
    end: int
    name: str


def memory_chunks(pid: int) -> Iterator[Chunk]:
    """Everything the process could have written, in blocks; pages that were never used are passed over.

    Raises `MemoryDenied` or `NoProcess` at once, before the first block.
    """
    regions = _regions(pid)
    try:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NoProcess(f"there is no process {pid}") from error
    except PermissionError as error:
        raise MemoryDenied("the process's memory may not be read") from error
    return _read_regions(fd, regions)


def open_files(pid: int) -> Iterator[Chunk]:
    """The regular files that a process holds open, deleted ones included, read through the process.

    Raises `MemoryDenied` or `NoProcess`.
    """
    try:
        links = sorted(Path(f"/proc/{pid}/fd").iterdir())
        for link in links:
            if link.is_file():
                yield from file_chunks(link, f"{OPEN_FILE}{link.readlink().name}")
    except FileNotFoundError as error:
        raise NoProcess(f"there is no process {pid}") from error
    except PermissionError as error:
        raise MemoryDenied("the process's open files may not be read") from error


def _regions(pid: int) -> list[_Region]:
    try:
        lines = Path(f"/proc/{pid}/maps").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError as error:
        raise NoProcess(f"there is no process {pid}") from error
    except PermissionError as error:
        raise MemoryDenied("the process's memory may not be read") from error
    return [region for line in lines if (region := _region(line)) is not None]


def _region(line: str) -> _Region | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    start, end, permissions, _, inode, path = match.groups()
    read_only_file = inode != "0" and "w" not in permissions
    if not permissions.startswith("r") or path in _KERNEL or read_only_file:
        return None
    return _Region(int(start, 16), int(end, 16), f"memory {Path(path).name or 'anonymous'}")


def _read_regions(fd: int, regions: list[_Region]) -> Iterator[Chunk]:
    try:
        for region in regions:
            for chunk in read_blocks(region.name, region.start, region.end, lambda size, at: _read(fd, size, at)):
                if chunk.data.count(0) != len(chunk.data):
                    yield chunk
    finally:
        os.close(fd)


def _read(fd: int, size: int, offset: int) -> bytes:
    """What can be read; a page that cannot (it was unmapped meanwhile) counts as zeros so that offsets stay true."""
    try:
        data = os.pread(fd, size, offset)
    except OSError:
        data = b""
    if len(data) == size:
        return data
    rest = offset + len(data)
    return data + b"".join(_read_page(fd, at) for at in range(rest, offset + size, _PAGE))


def _read_page(fd: int, offset: int) -> bytes:
    try:
        return os.pread(fd, _PAGE, offset).ljust(_PAGE, b"\0")
    except OSError:
        return bytes(_PAGE)
