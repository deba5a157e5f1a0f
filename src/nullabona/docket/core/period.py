"""Limits a record to the period that a demand is about (spec/docket.md §2). The desk keeps nothing beyond it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

EpochDay = Callable[[int], int | None]
"""The day on which an epoch of the directory's public record was closed; None: unknown."""
DATED: Final = ("entries", "replaced")
"""Fields with several rows, each dated by the epoch in which it entered the public record."""


def within(record: Mapping[str, object], first: int, last: int, day_of: EpochDay) -> dict[str, object]:
    """``record`` without the rows that entered the public record before day ``first`` or after day ``last``.

    Undated fields stay: they describe the account as it is now. A row whose day is unknown is left out.
    """

    def inside(row: Mapping[str, object]) -> bool:
        epoch = row.get("epoch")
        day = day_of(epoch) if isinstance(epoch, int) else None
        return day is not None and first <= day <= last

    kept = {name: value for name, value in record.items() if name not in {"epoch", *DATED}}
    if inside(record):
        kept["epoch"] = record["epoch"]
    for name in DATED:
        rows = record.get(name)
        found = [row for row in rows if isinstance(row, Mapping) and inside(row)] if isinstance(rows, list) else []
        if found:
            kept[name] = found
    return kept
