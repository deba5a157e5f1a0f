"""Divides a scarce supply by turns, so that those who ask for least get all of it.

No clock and no randomness. Everybody is served once before anybody is served twice, however much the others ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def level(sizes: Collection[int], most: int) -> int:
    """The share that each may have so that all together have at most ``most``."""
    left = sorted(sizes)
    for at, size in enumerate(left):
        share = most // (len(left) - at)
        if size > share:
            return share
        most -= size
    return left[-1] if left else 0


def in_turn(requests: Iterable[Sequence[T]]) -> Iterator[T]:
    """The first of each, then the second of each, and so on."""
    rows = [row for row in requests if row]
    at = 0
    while rows:
        for row in rows:
            yield row[at]
        at += 1
        rows = [row for row in rows if len(row) > at]
