"""The version of a desk's database: a new one is made, an old one is brought up to date, another one is refused.

Tables go from version to version by the steps in ``migrations/``. What the program says (rules.sql, core/states.py,
core/roles.py) holds no data: an older desk gets it again, whole. All of it is one transaction, so that a desk that
could not be brought up to date is as it was.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final, Protocol

from nullabona.docket.core import roles
from nullabona.docket.core.states import STEPS
from nullabona.errors import UserError
from nullabona.machine.queries import named_queries, statements_of

_PACKAGE: Final = "nullabona.docket.store"
_SQL: Final = named_queries(_PACKAGE)
_TABLES: Final = (
    "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL"
)
_TRIGGERS: Final = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"


class DeskUnreadable(UserError):
    """The database is not one of ours, or of another version."""

    code = "docket-unreadable"
    default_hint = "use the version of nullabona that wrote it, or another data directory"


class DeskTooNew(DeskUnreadable):
    """A later version of the program wrote the database."""

    code = "docket-too-new"
    default_hint = "use that version of nullabona, or a later one; nothing was changed"


def migrations() -> dict[int, str]:
    """For each version, in order, the SQL that leads to its tables from those of the version before."""
    found = [entry for entry in files(_PACKAGE).joinpath("migrations").iterdir() if entry.name.endswith(".sql")]
    steps = {int(entry.name.removesuffix(".sql")): entry.read_text("utf-8") for entry in found}
    return {1: text("schema.sql")} | dict(sorted(steps.items()))


def text(name: str) -> str:
    """A file of this package."""
    return files(_PACKAGE).joinpath(name).read_text("utf-8")


VERSION: Final = max(migrations())


def described(connection: sqlite3.Connection) -> Mapping[str, str]:
    """The tables and indexes of a database, as they were made."""
    return {name: re.sub(r"\s+", " ", sql) for name, sql in connection.execute(_TABLES)}


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """The database is of `VERSION` afterwards, with all it held. Raises `DeskUnreadable`; then it is as it was."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise DeskTooNew(f"the desk's database has version {version}; this program knows {VERSION}")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check(connection, version)
        _make(connection, version)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check(connection: sqlite3.Connection, version: int) -> None:
    """Raises `DeskUnreadable` unless the tables are those of ``version``."""
    found = described(connection)
    if version == 0 and found:
        raise DeskUnreadable("this is not a desk's database")
    if found != _tables_of(version):
        raise DeskUnreadable(f"the desk's database does not have the tables of version {version}")


def _tables_of(version: int) -> Mapping[str, str]:
    plain = sqlite3.connect(":memory:")
    try:
        for step, sql in migrations().items():
            if step <= version:
                plain.executescript(sql)
        return described(plain)
    finally:
        plain.close()


def _make(connection: sqlite3.Connection, version: int) -> None:
    """The tables of `VERSION`, and every rule again. Inside a transaction."""
    for (name,) in connection.execute(_TRIGGERS).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    if version == 0:
        _run(connection, text("schema.sql"))
    for step, sql in migrations().items():
        if 0 < version < step:
            _run(connection, sql)
    write_rules(connection)
    _run(connection, text("rules.sql"))


def _run(connection: sqlite3.Connection, script: str) -> None:
    for statement in statements_of(script):
        connection.execute(statement)


class Writing(Protocol):
    """What `write_rules` needs of a connection, to whichever database."""

    def execute(self, sql: str, /) -> object:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each row of values."""
        ...


def write_rules(connection: Writing) -> None:
    """What core/states.py and core/roles.py say, where the triggers find it."""
    steps = [(state or "", action, after) for (state, action), after in STEPS.items()]
    permits = [(role, action, state or "") for role, action, state in roles.permits()]
    for table in ("step", "permit", "apart", "desk_permit"):
        connection.execute(_SQL[f"forget_{table}"])
    connection.executemany(_SQL["write_step"], steps)
    connection.executemany(_SQL["write_permit"], permits)
    connection.executemany(_SQL["write_apart"], sorted(roles.APART))
    connection.executemany(_SQL["write_desk_permit"], roles.desk_permits())
