"""A desk's rows, in whichever database: strict by themselves (rules.sql), and what a refusal means.

A refusal of a trigger becomes the error of the tree that bears its code; everything else that the database refuses is a
`Bug` or `DeskStoreFailed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from nullabona.docket.core import roles
from nullabona.docket.core.acts import AssertionInvalid, Replayed, Stale
from nullabona.docket.core.states import WrongState
from nullabona.errors import Bug, NullabonaError, UserError
from nullabona.machine.database import FAILURES, REFUSALS, Connection, LeadershipLost, failure
from nullabona.machine.queries import named_queries

SQL: Final = named_queries("nullabona.docket.store")


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
_TWICE: Final = ("act.challenge", "moved.challenge", "act.act_pkey", "moved.moved_pkey")
"""Constraints, as SQLite and PostgreSQL call them, that a signature meets which was used before."""
_ALONE: Final = ("confirmed_by", "proposed_by", "pending.pending_check")
"""Those that one person meets who would sign for two."""


class DeskRows:
    """A desk's rows through one connection. The same thread uses it that opened it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside is kept for good when it ends, or nothing of it if it ends in an exception.

        A database that was carried away or replaced, or that another process leads, keeps nothing for good.
        """
        with translated():
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._before_commit()
            with translated():
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def run(self, name: str, *values: object) -> int:
        """Carry out the statement ``name`` of queries.sql; how many rows it changed."""
        with translated():
            return self.connection.execute(SQL[name], values).rowcount

    def rows(self, name: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of the query ``name``."""
        with translated():
            return self.connection.execute(SQL[name], values).fetchall()

    def row(self, name: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of the query ``name``."""
        with translated():
            found: tuple[Any, ...] | None = self.connection.execute(SQL[name], values).fetchone()
        return found

    def value(self, name: str, *values: object) -> Any:  # noqa: ANN401 - what the query gives
        """The first column of the first row, or None."""
        found = self.row(name, *values)
        return found[0] if found else None

    def close(self) -> None:
        """Leave nothing of erased rows in any file that is ours, and let go."""
        self.connection.close()

    def _before_commit(self) -> None:
        """Check the conditions for committing. Raises `DeskStoreFailed`."""


@contextmanager
def translated() -> Iterator[None]:
    """The database's refusals as errors of the tree."""
    try:
        yield
    except REFUSALS as error:
        raise _refusal(str(error)) from error
    except LeadershipLost:
        raise  # what serves the desk ends with it
    except FAILURES as error:
        raise failure(DeskStoreFailed, error, "the desk's database failed") from error


def _refusal(text: str) -> NullabonaError:
    if text in _REFUSALS:
        return _REFUSALS[text](_SENTENCES[text])
    if any(name in text for name in _TWICE):
        return Replayed(_SENTENCES["docket-replayed"])
    if any(name in text for name in _ALONE):
        return roles.SamePerson(_SENTENCES["docket-same-person"])
    return Bug("the desk's database refused a change that the desk thought it could make")
