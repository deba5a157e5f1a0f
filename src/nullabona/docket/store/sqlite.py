"""The desk's database: durable when a transaction returns, and strict by itself (rules.sql).

A refusal of a trigger becomes the error of the tree that bears its code; everything else that SQLite refuses is a
`Bug` or `DeskStoreFailed`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from nullabona.docket.core import roles
from nullabona.docket.core.acts import AssertionInvalid, Replayed, Stale
from nullabona.docket.core.states import WrongState
from nullabona.docket.store.versions import DeskUnreadable, bring_up_to_date
from nullabona.errors import Bug, NullabonaError, UserError
from nullabona.machine.queries import named_queries
from nullabona.machine.standing import StandingFile

FILE: Final = "desk.db"
LOCK: Final = "desk.lock"
_SQL: Final = named_queries("nullabona.docket.store")


class DeskInUse(UserError):
    """Another process holds the desk's data."""

    code = "docket-in-use"
    default_hint = "stop the other desk first, or use it"


class DeskStoreFailed(NullabonaError):
    """The store failed. Nothing was stored."""

    code = "docket-store-failed"
    default_hint = "check whether the disk is full or failing"
    retryable = True


class Recused(UserError):
    """The officer stepped back from this case."""

    code = "docket-recused"
    default_hint = "another officer must do it"


class RoleAlone(UserError):
    """Admin and auditor are roles that stand alone."""

    code = "docket-role-alone"
    default_hint = "enrol a second person for it"


class AppendOnly(UserError):
    """Recorded entries cannot be changed."""

    code = "docket-append-only"
    default_hint = "record a correction instead"


class NoAct(UserError):
    """This change lacks a signature that it needs."""

    code = "docket-no-act"
    default_hint = "do it through the desk, with the signatures it asks for"


class Held(UserError):
    """It takes effect a day after it was proposed, so that somebody can object."""

    code = "docket-held"
    default_hint = "confirm it after the day; anybody who disagrees objects before"


_REFUSALS: Final[Mapping[str, type[NullabonaError]]] = {
    error.code: error
    for error in (
        AppendOnly, AssertionInvalid, Held, NoAct, Recused, Replayed, RoleAlone, Stale, WrongState, roles.NotAllowed,
        roles.SamePerson,
    )
}  # fmt: skip
_SENTENCES: Final[Mapping[str, str]] = {
    "docket-append-only": "what was entered cannot be changed",
    "docket-assertion-invalid": "the key is not one of this officer's",
    "docket-held": "a day must pass between the first signature and the second",
    "docket-no-act": "nobody has signed what this change needs",
    "docket-not-allowed": "no role of this officer allows it",
    "docket-recused": "this officer stepped back from the case",
    "docket-replayed": "this signature was used before",
    "docket-role-alone": "admin and auditor stand alone: nobody has one of them and another role",
    "docket-same-person": "the same officer did the earlier step",
    "docket-stale": "the case changed after it was signed",
    "docket-wrong-state": "the case does not stand where this can be done",
}


class DeskStore:
    """Keeps a desk in ``folder``/desk.db. Raises `DeskInUse` or `DeskUnreadable`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(folder / LOCK)
        try:
            self._file = StandingFile(folder / FILE)
            self.connection = _opened(folder / FILE)
        except sqlite3.Error as error:
            os.close(self._lock)
            raise DeskUnreadable("the desk's database cannot be opened") from error
        except DeskUnreadable:
            os.close(self._lock)
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside is kept for good when it ends, or nothing of it if it ends in an exception.

        A database that was carried away or replaced keeps nothing for good.
        """
        with translated():
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            if not self._file.stands():
                raise DeskStoreFailed("the desk's database is gone or was replaced")
            with translated():
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def run(self, name: str, *values: object) -> int:
        """Carry out the statement ``name`` of queries.sql; how many rows it changed."""
        with translated():
            return self.connection.execute(_SQL[name], values).rowcount

    def rows(self, name: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of the query ``name``."""
        with translated():
            return self.connection.execute(_SQL[name], values).fetchall()

    def row(self, name: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of the query ``name``."""
        with translated():
            found: tuple[Any, ...] | None = self.connection.execute(_SQL[name], values).fetchone()
        return found

    def value(self, name: str, *values: object) -> Any:  # noqa: ANN401 - what the query gives
        """The first column of the first row, or None."""
        found = self.row(name, *values)
        return found[0] if found else None

    def close(self) -> None:
        """Leave nothing of erased rows in any file, and let go."""
        try:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.connection.close()
            os.close(self._lock)


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's refusals as errors of the tree."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise _refusal(str(error)) from error
    except sqlite3.Error as error:
        raise DeskStoreFailed("the desk's database failed") from error


def _refusal(text: str) -> NullabonaError:
    if text in _REFUSALS:
        return _REFUSALS[text](_SENTENCES[text])
    if "act.challenge" in text or "moved.challenge" in text:
        return Replayed(_SENTENCES["docket-replayed"])
    if "confirmed_by" in text or "proposed_by" in text:
        return roles.SamePerson(_SENTENCES["docket-same-person"])
    return Bug("the desk's database refused a change that the desk thought it could make")


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in (
        "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY", "foreign_keys = ON", "trusted_schema = OFF",
        "recursive_triggers = ON",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    bring_up_to_date(connection)
    connection.execute("PRAGMA journal_mode = WAL")


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise DeskInUse("another process uses this desk") from error
    return fd
