"""The statements of queries.sql, and the functions that run them over many rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Final, TypeAlias

from nullabona.machine.queries import named_queries
from nullabona.relay.core.answers import Entry
from nullabona.relay.core.boxes import Row

SQL: Final = named_queries("nullabona.relay.store")
Trim: TypeAlias = tuple[int, int, int, int]
"""A box's num, the first and the last id to erase, and the box's next seq: lower ones are not given out again."""
_ROW_BYTES: Final = 64
"""About how many bytes a frame takes beside its body, and how many its erasing writes at least."""
TOGETHER: Final = (16, 4)
"""Frames that one statement inserts, because a statement costs more than a frame, and two changes of the thread."""
_KEEP_TOGETHER: Final = {count: SQL["keep_frame"].removesuffix(";") + ", (?, ?, ?)" * (count - 1) for count in TOGETHER}


def keep(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Insert rows, which are in order, several with each statement."""
    at = 0
    if len(rows) == 1:
        db.execute(SQL["keep_frame"], rows[0])
        return
    for count, statement in _KEEP_TOGETHER.items():
        while len(rows) - at >= count:
            db.execute(statement, tuple(chain.from_iterable(rows[at : at + count])))
            at += count
    if at < len(rows):
        db.executemany(SQL["keep_frame"], rows[at:])


def take(rows: Iterable[Entry], limit: int, max_bytes: int) -> tuple[Entry, ...]:
    """The first rows, at most ``limit`` and ``max_bytes`` of frames, but at least one if there is any."""
    chosen: list[Entry] = []
    for entry in islice(rows, limit):
        max_bytes -= len(entry[1])
        if max_bytes < 0 and chosen:
            break
        chosen.append(entry)
    return tuple(chosen)


def piece_end(db: sqlite3.Connection, name: str, values: tuple[int, ...], most: int) -> tuple[int | None, int]:
    """The id at which the frames that the statement ``name`` finds reach ``most`` bytes, and how many bytes are left.

    The id is None if all of them together have fewer bytes.
    """
    with closing(db.execute(SQL[name], values)) as rows:
        for id, size in rows:
            most -= size + _ROW_BYTES
            if most <= 0:
                return id, 0
    return None, most
