"""Opens the console's rows, in whichever database they are."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from nullabona.docket.console.store.rows import ConsoleRows
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.machine.postgres.place import PostgresPlace

ConsolePlace = Path | PostgresPlace
"""A folder with a SQLite database, or a schema of a PostgreSQL database."""


def open_rows(place: ConsolePlace) -> ConsoleRows:
    """The console's rows, which other processes may use, too. Raises `ConsoleUnreadable`, or what `Shared` raises."""
    if isinstance(place, Path):
        return ConsoleStore(place)
    rows: ConsoleRows = import_module("nullabona.docket.console.store.postgres").PostgresConsoleStore(place)
    return rows
