"""Which database a witness's memory is in, whether it has begun, and opening it."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from nullabona.machine.postgres.place import PostgresPlace
from nullabona.witness.config import Config
from nullabona.witness.store.rows import WitnessRows
from nullabona.witness.store.sqlite import FILE_NAME, WitnessStore

SCHEMA: Final = "witness"


def has_begun(config: Config) -> bool:
    """Whether there is a memory. Raises `PostgresUnusable`, or `ModuleNotFoundError` without the extra."""
    if config.store is None:
        return (config.data / FILE_NAME).exists()
    return bool(import_module("nullabona.machine.postgres.tables").has_tables(PostgresPlace(config.store, SCHEMA)))


def open_rows(config: Config, *, begins: bool) -> WitnessRows:
    """The memory; with ``begins`` a new one if there is none. Raises what the store raises."""
    if config.store is None:
        return WitnessStore(config.data)
    place = PostgresPlace(config.store, SCHEMA, begins=begins)
    rows: WitnessRows = import_module("nullabona.witness.store.postgres").PostgresWitnessStore(place)
    return rows


def where(config: Config) -> str:
    """The place of the memory, for a person."""
    return str(config.data) if config.store is None else "the database"
