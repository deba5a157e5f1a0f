"""The memory of processes, as somebody with the machine in hand reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LONGEST = 16_384


def found(pid: int, marks: Mapping[str, bytes]) -> dict[str, int]:
    """How often each mark is in a process's writable memory."""
    counts = dict.fromkeys(marks, 0)
    for data in _regions(pid):
        for name, mark in marks.items():
            counts[name] += data.count(mark)
    return {name: count for name, count in counts.items() if count}


def _regions(pid: int) -> Iterator[bytes]:
    """Every run of pages that is in memory, or was written to the swap space."""
    place = _PROC / str(pid)
    try:
        memory, pages = (os.open(place / name, os.O_RDONLY) for name in ("mem", "pagemap"))
    except OSError:  # it has ended
        return
    try:
        for begin, end in _backed((place / "smaps").read_text("utf-8", "replace")):
            for at, after in _runs(pages, begin // _PAGE, end // _PAGE):
                with suppress(OSError, OverflowError):
                    yield os.pread(memory, (after - at) * _PAGE, at * _PAGE)
    except OSError:
        return
    finally:
        os.close(memory)
        os.close(pages)


def _backed(smaps: str) -> Iterator[tuple[int, int]]:
    """The writable regions of which anything is there."""
    region: tuple[int, int] | None = None
    there = 0
    for line in smaps.splitlines():
        words = line.split()
        if words[0] in {"Rss:", "Swap:"}:
            there += int(words[1])
        elif not words[0].endswith(":"):
            if region is not None and there:
                yield region
            begin, end = (int(number, 16) for number in words[0].split("-"))
            region, there = ((begin, end) if words[1].startswith("rw") else None), 0
    if region is not None and there:
        yield region


def _runs(pages: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Pages of a region that are there, as runs of at most `_LONGEST`."""
    for begin in range(first, last, _LONGEST):
        entries = memoryview(os.pread(pages, 8 * (min(last, begin + _LONGEST) - begin), 8 * begin)).cast("Q")
        start = None
        for at, entry in enumerate(entries, begin):
            if entry >> 62 and start is None:
                start = at
            elif not entry >> 62 and start is not None:
                yield start, at
                start = None
        if start is not None:
            yield start, begin + len(entries)


def family(marker: str) -> dict[int, str]:
    """The processes that were started with ``marker`` among their arguments, and all that came of them: pid to kind."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                parents[int(entry.name)] = int((entry / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
            except OSError:
                continue
            lines[int(entry.name)] = line
    kin = {pid for pid, line in lines.items() if marker in line}
    while more := {pid for pid, parent in parents.items() if parent in kin} - kin:
        kin |= more
    return {pid: _kind(lines[pid]) for pid in kin}


def _kind(line: str) -> str:
    return line.partition("--type=")[2].split(" ", 1)[0] or "browser"
