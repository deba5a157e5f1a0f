"""Opens a desk's rows, in whichever database they are."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from nullabona.docket.store.rows import DeskRows
from nullabona.docket.store.sqlite import DeskStore
from nullabona.machine.postgres.place import PostgresPlace

DeskPlace = Path | PostgresPlace
"""A folder with a SQLite database, or a schema of a PostgreSQL database."""


def open_rows(place: DeskPlace) -> DeskRows:
    """The desk's rows, held by this process. Raises `DeskInUse`, `DeskUnreadable`, or what `Leader` raises."""
    if isinstance(place, Path):
        return DeskStore(place)
    rows: DeskRows = import_module("nullabona.docket.store.postgres").PostgresDeskStore(place)
    return rows
