"""What SQLite leaves in the unused middle of a page is overwritten (spec/relay.md §6).

SQLite's secure delete overwrites cells that are deleted and pages that are freed. When rows move because a page is
split or filled up, copies of them stay in the gap between a page's cell pointers and its cells until something else
needs the room. Nothing reads a gap, so it can be overwritten in the file at any time after a checkpoint; the pages to
look at are those that the write-ahead log names. File format: sqlite.org/fileformat2.html, §1.6.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from nullabona.system.files import sync_data

MOST_PAGES: Final = (1 << 25) - 1
"""With more pages than this, the first byte of an overflow page could be taken for that of a tree page."""
_HEADER: Final = 100
"""The file's own header, at the start of the first page."""
_TREE: Final = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kinds of tree pages: interior and leaf, of indexes and tables; and how long their headers are."""
_BEGINS: Final = struct.Struct(">BxxHH")
"""A tree page's kind, how many cells it has, and where they begin (0: 65,536)."""
_RUN: Final = 64
"""Pages that are read together, if they follow one another."""


def overwrite_gaps(database: int, pages: Iterable[int], page_size: int) -> int:
    """Overwrite the gaps of these pages of the open file with zeros; how many had something in them. Durable then.

    ``pages`` are in order, each once.
    """
    changed = 0
    zeros = bytes(page_size)
    for first, count in _runs(pages):
        data = os.pread(database, count * page_size, (first - 1) * page_size)
        for start in range(0, len(data) - page_size + 1, page_size):
            header = _HEADER if first == 1 and not start else 0
            begin, end = _gap(data, start, header, page_size)
            if data[begin:end] != zeros[: end - begin]:
                os.pwrite(database, zeros[: end - begin], (first - 1) * page_size + begin)
                changed += 1
    if changed:
        sync_data(database)
    return changed


def _runs(pages: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Pages that follow one another: the first, and how many."""
    first = count = 0
    for number in pages:
        if number == first + count and 0 < count < _RUN:
            count += 1
            continue
        if count:
            yield first, count
        first, count = number, int(number >= 1)
    if count:
        yield first, count


def _gap(data: bytes, start: int, header: int, page_size: int) -> tuple[int, int]:
    """Where nothing is in the page that begins at ``start``: from and until; empty if it is no tree page."""
    kind, cells, content = _BEGINS.unpack_from(data, start + header)
    if kind not in _TREE:
        return start, start
    first, content = header + _TREE[kind] + 2 * cells, content or 65_536
    return (start + first, start + content) if first <= content <= page_size else (start, start)
