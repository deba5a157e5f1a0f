"""A witness's rows in PostgreSQL: what it cosigned is on two disks before the cosignature leaves."""

from __future__ import annotations

from contextlib import suppress

from nullabona.machine.database import PostgresFailed
from nullabona.machine.postgres.leader import Leader
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.witness.store.rows import TABLES, WitnessRows


class PostgresWitnessStore(WitnessRows):
    """Used by one thread at a time. Raises `NotAWitness`, or what `Leader` raises."""

    def __init__(self, place: PostgresPlace) -> None:
        super().__init__(Leader(place, TABLES))

    def _recover(self) -> None:
        with suppress(PostgresFailed):  # a session that is lost has no transaction
            super()._recover()
