"""Where a desk, its log and its console have their rows: in the desk's folder, or in one PostgreSQL database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from nullabona.docket.console.store.opening import ConsolePlace
from nullabona.docket.console.store.opening import open_rows as open_console_rows
from nullabona.docket.desk import NotFounded
from nullabona.docket.store.opening import DeskPlace
from nullabona.docket.store.sqlite import FILE
from nullabona.errors import UserError
from nullabona.machine.postgres.place import PostgresPlace, parse_store
from nullabona.machine.settings import BadConfig
from nullabona.sequencer import LogRows

DESK_SCHEMA: Final = "desk"
LOG_SCHEMA: Final = "docket"
CONSOLE_SCHEMA: Final = "console"
CONSOLE_FOLDER: Final = "console"
_FOUNDED: Final = "SELECT 1 FROM meta WHERE key = 'cadence'"
_HAS_META: Final = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'meta'"


class DeskInFolder(UserError):
    """The setting ``store`` names a database, and the folder holds a desk in SQLite, which would be left behind."""

    code = "docket-in-folder"
    default_hint = "leave the setting store out; or begin a new desk with store in a folder that holds none"


@dataclass(frozen=True, slots=True)
class DeskPlaces:
    """The places of one desk. ``store``: URL of the PostgreSQL database; None: SQLite, in ``data``.

    Nothing is made in the database by opening: a desk that finds it empty does not begin another history.
    """

    data: Path
    store: str | None = field(default=None, repr=False)

    def desk(self, *, begins: bool = False) -> DeskPlace:
        """The desk's own rows; ``begins``: make its tables if there are none."""
        return self.data / "desk" if self.store is None else PostgresPlace(self.store, DESK_SCHEMA, begins=begins)

    def console(self, *, begins: bool = False) -> ConsolePlace:
        """The console's rows."""
        if self.store is None:
            return self.data / CONSOLE_FOLDER
        return PostgresPlace(self.store, CONSOLE_SCHEMA, begins=begins)

    def log(self, *, begins: bool = False) -> PostgresPlace | None:
        """The log's rows in PostgreSQL; None: in the log's folder."""
        return None if self.store is None else PostgresPlace(self.store, LOG_SCHEMA, begins=begins)

    def log_rows(self, *, begins: bool = False) -> Callable[[str], LogRows] | None:
        """What opens the log's rows for an origin; None: the log does, in its folder."""
        if (place := self.log(begins=begins)) is None:
            return None

        def opened(origin: str) -> LogRows:
            rows: LogRows = import_module("nullabona.sequencer.store.postgres").PostgresLogStore(place, origin)
            return rows

        return opened

    def begin(self, origin: str) -> None:
        """Before a desk is founded: the tables of its log and console, in PostgreSQL. In SQLite, opening makes them.

        Raises `DeskInFolder`, and what opening them raises. A desk that has been founded is left as it is.
        """
        make_log = self.log_rows(begins=True)
        if make_log is None or self.is_founded():
            return
        if (self.data / "desk" / FILE).exists():
            raise DeskInFolder(f"there is a desk in {self.data} already, in SQLite")
        make_log(origin).close()
        open_console_rows(self.console(begins=True)).close()

    def is_founded(self) -> bool:
        """Whether a desk was founded here. It may be open elsewhere. Raises `PostgresUnusable`."""
        if self.store is None:
            return _is_founded(self.data / "desk" / FILE)
        with closing(self._session()) as session:
            return bool(session.run(_HAS_META, DESK_SCHEMA) and session.run(_FOUNDED))

    def check_server(self) -> None:
        """Raises `MayForget` if the PostgreSQL server could forget what it commits. Changes nothing."""
        if self.store is not None:
            durability = import_module("nullabona.machine.postgres.durability")
            with closing(self._session()) as session:
                durability.check_durable(session.settings(durability.SETTINGS))

    def check_founded(self) -> None:
        """Raises `NotFounded` unless a desk was founded here."""
        if not self.is_founded():
            raise NotFounded(f"no desk was founded in this {'folder' if self.store is None else 'database'}")

    def _session(self) -> Any:  # noqa: ANN401 - of a module that an extra brings
        return import_module("nullabona.machine.postgres.session").Session(self.store, DESK_SCHEMA)


def _is_founded(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
            return reader.execute(_FOUNDED).fetchone() is not None
    except sqlite3.Error:
        return False


def places_of(data: Path, config: Mapping[str, Any]) -> DeskPlaces:
    """The places that docket.toml says. Raises `BadConfig`."""
    store = config.get("store")
    if store is None:
        return DeskPlaces(data)
    if not isinstance(store, str):
        raise BadConfig("the setting 'store' is not the URL of a PostgreSQL database",
                        hint='write store = "postgresql:///DATABASE"')  # fmt: skip
    return DeskPlaces(data, parse_store(store))
