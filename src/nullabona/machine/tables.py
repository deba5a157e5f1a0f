"""The tables of a server's database: a new file gets them, an older one is migrated, any other one is refused.

A package keeps its newest tables in ``schema.sql``. Once there is a second version, ``migrations/`` has ``0001.sql``,
the first version's tables, and one step from each version to the next. SQLite's ``user_version`` says what a file has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from nullabona.errors import UserError
from nullabona.machine.queries import statements_of


class DatabaseTooNew(UserError):
    """A later version of the program wrote the database. Nothing was changed."""

    code = "database-too-new"
    default_hint = "start the version of nullabona that wrote it, or a later one"


def migrations(package: str) -> Mapping[int, str]:
    """For each version, in order, the SQL that leads to it from the version before; the first from an empty file."""
    folder = files(package).joinpath("migrations")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")] if folder.is_dir() else []
    steps = {int(entry.name.removesuffix(".sql")): entry.read_text("utf-8") for entry in found}
    return {1: schema(package)} | dict(sorted(steps.items()))


def schema(package: str) -> str:
    """The newest tables of the databases that ``package`` keeps."""
    return files(package).joinpath("schema.sql").read_text("utf-8")


def _nothing(_db: sqlite3.Connection) -> None:
    """A new database holds no rows."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Those of the databases that ``package`` keeps under ``application_id``. Any other file raises ``foreign``."""

    package: str
    application_id: int
    foreign: type[UserError]

    def newest(self) -> int:
        """The version that this program writes."""
        return max(migrations(self.package))

    def version_of(self, db: sqlite3.Connection) -> int:
        """What the file has; 0 if it is empty. Raises ``foreign`` or `DatabaseTooNew`, and changes nothing."""
        application_id: int = db.execute("PRAGMA application_id").fetchone()[0]
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        if application_id == version == 0 and not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return 0
        if application_id != self.application_id or version < 1:
            raise self.foreign("the file is another program's database")
        if version > self.newest():
            raise DatabaseTooNew(f"the database has version {version}; this program knows {self.newest()}")
        return version

    def prepare(self, db: sqlite3.Connection, fill: Callable[[sqlite3.Connection], None] = _nothing) -> None:
        """The file has the newest tables afterwards, with all that it held; ``fill`` writes into a new one.

        It is one transaction. Raises ``foreign``, `DatabaseTooNew` or `sqlite3.Error`; then the file is as it was.
        """
        if self.version_of(db) == self.newest():
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            version = self.version_of(db)  # once more: another process may have been first
            if version == 0:
                _run(db, schema(self.package))
                fill(db)
                db.execute(f"PRAGMA application_id = {self.application_id}")
            for step, script in migrations(self.package).items():
                if 0 < version < step:
                    _run(db, script)
            db.execute(f"PRAGMA user_version = {self.newest()}")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")

    def check(self, db: sqlite3.Connection) -> None:
        """Raises ``foreign`` or `DatabaseTooNew` unless the file has the newest tables."""
        if self.version_of(db) != self.newest():
            raise self.foreign("the file is another program's database")


def _run(db: sqlite3.Connection, script: str) -> None:
    for statement in statements_of(script):
        db.execute(statement)
