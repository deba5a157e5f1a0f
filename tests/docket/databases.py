"""What somebody types who knows SQL and has the desk's database, in the words of SQLite and of PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from nullabona.machine.database import PostgresRefused, Rows
from tests.docket.desks import Office

REFUSED: Final = (sqlite3.IntegrityError, PostgresRefused)
"""What a trigger or a constraint of either raises; as text it is the trigger's sentence."""
_LITERALS: Final = (
    (re.compile(r"x'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
    (re.compile(r"randomblob\((\d+)\)"), r"decode(repeat('5a', \1), 'hex')"),
    (re.compile(r"zeroblob\((\d+)\)"), r"decode(repeat('00', \1), 'hex')"),
)


def of_postgres(sql: str) -> str:
    """The same with PostgreSQL's literals."""
    for pattern, written in _LITERALS:
        sql = pattern.sub(written, sql)
    return sql


def typed(office: Office, sql: str, values: Sequence[Any] = ()) -> Rows:
    """What the database answers, past the desk's own code. Raises one of `REFUSED`."""
    return office.desk._store.connection.execute(sql if isinstance(office.place, Path) else of_postgres(sql), values)
