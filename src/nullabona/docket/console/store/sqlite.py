"""The console's rows in SQLite."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from nullabona.docket.console.store.rows import TABLES, ConsoleRows, ConsoleUnreadable

FILE: Final = "console.db"


class ConsoleStore(ConsoleRows):
    """Stores the console's rows in ``directory``/console.db. Raises `ConsoleUnreadable`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / FILE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            _prepare(connection)
        except sqlite3.Error as error:
            raise ConsoleUnreadable("the console's database cannot be opened") from error
        super().__init__(connection)


def _prepare(connection: sqlite3.Connection) -> None:
    TABLES.version_of(connection)  # before a foreign file is changed
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    TABLES.prepare(connection)
