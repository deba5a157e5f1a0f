"""Limits a record to the period that a demand is about (spec/docket.md §2). The desk keeps nothing beyond it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from nullabona.errors import PeerError
from nullabona.wire.card import decode_card

EpochDay = Callable[[int], int | None]
"""The day on which an epoch of the directory's public record was closed; None: unknown."""
DATED: Final = ("entries", "replaced")
"""Fields with several rows, each dated by the epoch in which it entered the public record."""


DAYS: Final = ("registered_day", "until_day")
"""Fields that are a day."""


def within(record: Mapping[str, object], first: int, last: int, day_of: EpochDay) -> dict[str, object]:
    """What ``record`` says of the days ``first`` to ``last``: nothing of an account that was made later.

    Days outside are left out, rows that entered the public record on another day or on one that nobody can determine,
    and the card if it is later. The other fields describe the account as long as it exists.
    """
    registered = record.get("registered_day")
    if isinstance(registered, int) and registered > last:
        return {"handle": record["handle"]}

    def inside(day: object) -> bool:
        return isinstance(day, int) and first <= day <= last

    kept = {name: value for name, value in record.items() if name not in {"encoded", "epoch", *DATED, *DAYS}}
    kept |= {name: record[name] for name in DAYS if inside(record.get(name))}
    if inside(_entered(record, day_of)):
        kept["epoch"] = record["epoch"]
    shown_from = _shown_from(record, day_of)
    if shown_from is not None and shown_from <= last:
        kept["encoded"] = record["encoded"]
    for name in DATED:
        rows = record.get(name)
        found = [row for row in rows if inside(_entered(row, day_of))] if isinstance(rows, list) else []
        if found:
            kept[name] = found
    return kept


def _entered(row: object, day_of: EpochDay) -> int | None:
    epoch = row.get("epoch") if isinstance(row, Mapping) else None
    return day_of(epoch) if isinstance(epoch, int) else None


def _shown_from(record: Mapping[str, object], day_of: EpochDay) -> int | None:
    """Since when the newest card is shown: by the public record, else by the card's own date; None: nobody knows."""
    encoded = record.get("encoded")
    if not isinstance(encoded, str):
        return None
    entered = _entered(record, day_of)
    if entered is not None:
        return entered
    try:
        return decode_card(bytes.fromhex(encoded)).body.issued_day
    except (PeerError, ValueError):
        return None
