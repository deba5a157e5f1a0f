"""A witness's rows, in whichever database: the last checkpoint it cosigned of each log (queries.sql).

One transaction looks, decides and keeps. One contract suite tests each store (tests/witness/test_store.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from nullabona.errors import NullabonaError, UserError
from nullabona.machine.database import FAILURES, Connection, failure
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import Tables
from nullabona.witness.core.judging import Held

T = TypeVar("T")


class WitnessStoreFailed(NullabonaError):
    """The witness's database could not be read or written; nothing was cosigned."""

    code = "witness-store-failed"
    default_hint = "check the disk; the log asks again"
    retryable = True


class NotAWitness(UserError):
    """The folder holds another program's data."""

    code = "witness-data-version"
    default_hint = "name the witness's own folder; never start one again under an old key: it would have forgotten"


SQL: Final = named_queries("nullabona.witness.store")
TABLES: Final = Tables("nullabona.witness.store", 0x4E756C57, NotAWitness)


class WitnessRows:
    """Used by one thread at a time."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def find(self, origin: str) -> Held | None:
        """The last cosigned checkpoint of this log."""
        try:
            row = self._db.execute(SQL["find"], (origin,)).fetchone()
        except FAILURES as error:
            raise failure(WitnessStoreFailed, error, "the witness's database cannot be read") from error
        return Held(*row) if row is not None else None

    def change(self, origin: str, decide: Callable[[Held | None], tuple[Held | None, T]]) -> T:
        """Pass the log's held checkpoint to ``decide``, store the new one that it gives, if any, and return its result.

        The stored data is on the disk when this returns. If it raises `WitnessStoreFailed`, also because the database
        was moved or replaced, the data may be there or not, and no answer that depends on it may leave.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            kept, answer = decide(self.find(origin))
            if kept is not None:
                self._db.execute(SQL["keep"], (origin, kept.size, kept.root, kept.note))
            self._before_commit()
            self._db.execute("COMMIT")
        except FAILURES as error:
            self._recover()
            raise failure(WitnessStoreFailed, error, "the witness's database cannot be written") from error
        except BaseException:
            self._recover()
            raise
        return answer

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _before_commit(self) -> None:
        """Check the conditions for committing. Raises `WitnessStoreFailed`."""

    def _recover(self) -> None:
        """Leave no transaction open."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
