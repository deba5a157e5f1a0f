"""How many frames one answer to a read carries (spec/relay.md §4.2)."""

from __future__ import annotations

from collections.abc import Iterable

Entry = tuple[int, bytes]
"""A frame with its number, as answers carry it."""


def select(entries: Iterable[Entry], after: int, limit: int, max_bytes: int) -> tuple[Entry, ...]:
    """The first ``limit`` entries with ``seq > after`` whose bytes together stay within ``max_bytes``; at least one."""
    chosen: list[Entry] = []
    room = max_bytes
    for entry in entries:
        if entry[0] <= after:
            continue
        room -= len(entry[1])
        if (room < 0 and chosen) or len(chosen) == limit:
            break
        chosen.append(entry)
    return tuple(chosen)
