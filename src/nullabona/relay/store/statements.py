"""The statements of queries.sql, and what is done with their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain
from typing import Final, TypeAlias

from nullabona.machine.queries import named_queries
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import Row

SQL: Final = named_queries("nullabona.relay.store")
Trim: TypeAlias = tuple[int, int, int, int]
"""A box's num, the first and the last id to erase, and the number below which none is given out again."""
_ROW_BYTES: Final = 64
"""What a frame takes beside its body, and what its erasing writes at least, about."""
TOGETHER: Final = 16
"""Frames that one statement keeps: what a statement costs is more than what a frame costs it."""
_KEEP_TOGETHER: Final = SQL["keep_frame"].removesuffix(";") + ", (?, ?, ?)" * (TOGETHER - 1)


def keep(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Insert rows, which are in order, several with each statement."""
    rest = len(rows) % TOGETHER
    for at in range(0, len(rows) - rest, TOGETHER):
        db.execute(_KEEP_TOGETHER, tuple(chain.from_iterable(rows[at : at + TOGETHER])))
    db.executemany(SQL["keep_frame"], rows[len(rows) - rest :])


def take(rows: Iterable[Entry], limit: int, max_bytes: int) -> tuple[Entry, ...]:
    """As many of the rows as an answer holds; one at least, if there is one."""
    chosen: list[Entry] = []
    for entry in rows:
        max_bytes -= len(entry[1])
        if max_bytes < 0 and chosen:
            break
        chosen.append(entry)
        if len(chosen) == limit:
            break
    return tuple(chosen)


def piece_end(db: sqlite3.Connection, name: str, values: tuple[int, ...], most: int) -> tuple[int | None, int]:
    """The id with which ``most`` bytes of the frames that a statement finds are reached; None if they are fewer.

    Then also how many bytes are left of ``most``.
    """
    with closing(db.execute(SQL[name], values)) as rows:
        for id, size in rows:
            most -= size + _ROW_BYTES
            if most <= 0:
                return id, 0
    return None, most
