"""What SQLite leaves in the unused middle of a page is overwritten (spec/relay.md §6).

SQLite's secure delete overwrites cells that are deleted and pages that are freed. When rows move because a page is
split or filled up, copies of them stay in the gap between a page's cell pointers and its cells until something else
needs the room. Nothing reads a gap, so it can be overwritten in the file at any time after a checkpoint; the pages to
look at are those that the write-ahead log names. File format: sqlite.org/fileformat2.html, §1.6.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

MOST_PAGES: Final = (1 << 25) - 1
"""With more pages than this, the first byte of an overflow page could be taken for that of a tree page."""
_HEADER: Final = 100
"""The file's own header, at the start of the first page."""
_TREE: Final = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kinds of tree pages: interior and leaf, of indexes and tables; and how long their headers are."""


def overwrite_gaps(database: int, pages: Iterable[int], page_size: int) -> int:
    """Overwrite the gaps of these pages of the open file with zeros; how many had something in them. Durable then."""
    changed = 0
    for number in pages:
        if number < 1:
            continue
        start = (number - 1) * page_size
        page = os.pread(database, page_size, start)
        gap = _gap(page, _HEADER if number == 1 else 0) if len(page) == page_size else None
        if gap is not None and page[gap.start : gap.stop] != (zeros := bytes(len(gap))):
            os.pwrite(database, zeros, start + gap.start)
            changed += 1
    if changed:
        os.fdatasync(database)
    return changed


def _gap(page: bytes, at: int) -> range | None:
    """Where nothing is in a tree page; None if it is no tree page."""
    header = _TREE.get(page[at])
    if header is None:
        return None
    cells = int.from_bytes(page[at + 3 : at + 5], "big")
    content = int.from_bytes(page[at + 5 : at + 7], "big") or 65_536
    first = at + header + 2 * cells
    return range(first, content) if first <= content <= len(page) else None
