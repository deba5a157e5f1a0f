"""The console's rows in PostgreSQL, on two disks when a method returns."""

from __future__ import annotations

from nullabona.docket.console.store.rows import TABLES, ConsoleRows
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.postgres.shared import Shared


class PostgresConsoleStore(ConsoleRows):
    """Stores the console's rows in a schema. Raises `ConsoleUnreadable`, or what `Shared` raises."""

    def __init__(self, place: PostgresPlace) -> None:
        super().__init__(Shared(place, TABLES))
