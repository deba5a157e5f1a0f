"""The desk's database in PostgreSQL: on two disks when a transaction returns, and with the same rules in it."""

from __future__ import annotations

from nullabona.docket.store.rows import DeskRows
from nullabona.docket.store.versions import DeskUnreadable, write_rules
from nullabona.machine.postgres.leader import Leader
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.machine.tables import Tables

_TABLES = Tables("nullabona.docket.store", 0x4E756C44, DeskUnreadable)


class PostgresDeskStore(DeskRows):
    """Keeps a desk in a schema. Raises `DeskUnreadable`, or what `Leader` raises."""

    def __init__(self, place: PostgresPlace) -> None:
        super().__init__(Leader(place, _TABLES, write_rules))
