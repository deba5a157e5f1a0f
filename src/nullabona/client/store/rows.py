"""The one place that runs statements: transactions, and what happens when one fails.

Every concern of the store (`mls_rows`, `rooms`, `messages`, …) is a set of methods over `Rows`. Decides when a
transaction must not go on; never what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final

import apsw

from nullabona.client.core.model.errors import StoreFailed, StoreMisuse
from nullabona.client.store.faults import translated
from nullabona.client.store.statements import STATEMENTS
from nullabona.errors import NullabonaError

Row = tuple[Any, ...]
_GENERATION_NEXT: Final = STATEMENTS["generation_next"]


class Transaction:
    """What ``store.transaction()`` gives: durable together when the block ends, undone if it raises."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __enter__(self) -> None:
        self._rows.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self._rows.commit()
        else:
            self._rows.rollback()


class Reading:
    """What ``store.reading()`` gives."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __enter__(self) -> None:
        self._rows.check()

    def __exit__(self, *_: object) -> None:
        pass


class Rows:
    """A connection, its transaction, and the four ways to run a statement.

    ``_remember`` is told the profile's generation after each commit that changed something; without it generations
    are not counted. Writes are refused outside a transaction; reads are not. ``_known`` is for anyone who keeps rows in
    memory: it is emptied when a transaction is undone.
    """

    __slots__ = ("_changes", "_connection", "_execute", "_fetch", "_known", "_many", "_open", "_reading", "_refusal",
                 "_remember", "_start", "_transaction", "_writable")  # fmt: skip

    def __init__(self, connection: apsw.Connection, remember: Callable[[int], None] | None = None) -> None:
        cursor = connection.cursor()
        self._connection = connection
        self._execute = cursor.execute
        self._many = cursor.executemany
        self._fetch: Callable[[], list[Row]] = cursor.fetchall
        self._changes = connection.changes
        self._remember = remember
        self._transaction = Transaction(self)
        self._reading = Reading(self)
        self._known: dict[str, bytes | None] = {}
        self._open = False
        self._writable = False
        self._start = 0
        self._refusal: NullabonaError | None = None

    # -- transactions --------------------------------------------------------------------------------------------
    def transaction(self) -> Transaction:
        """Everything inside becomes durable together, or nothing does. Not re-entrant."""
        return self._transaction

    def reading(self) -> Reading:
        """Nothing is written inside. Costs nothing: there is one connection, so nothing changes between two reads.

        Raises whatever closed the store for good.
        """
        return self._reading

    def check(self) -> None:
        """Raises whatever closed the store for good, if anything did."""
        if self._refusal is not None:
            raise self._refusal

    def begin(self) -> None:
        """Open the one transaction. Raises `StoreMisuse` inside another, and whatever closed the store for good."""
        self.check()
        if self._open:
            raise StoreMisuse("a transaction was opened inside another")
        try:
            self._execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            raise translated(error) from error
        self._open = self._writable = True
        self._start = self._connection.total_changes()

    def commit(self) -> None:
        """Make the transaction durable. If this raises `StoreFailed`, only opening the store again tells whether."""
        if not self._writable:
            self.rollback()
            raise StoreMisuse("the transaction went on after one of its statements had failed; it was undone")
        try:
            generation = self._count_generation()
            self._execute("COMMIT")
        except apsw.Error as error:
            self._refusal = StoreFailed("an earlier commit failed; open the store again to learn its outcome")
            self.rollback()
            raise translated(error) from error
        self._open = self._writable = False
        if generation is not None:
            self._witness(generation)

    def rollback(self) -> None:
        """Undo the transaction. Does not raise: a store whose undoing fails refuses everything afterwards."""
        self._open = self._writable = False
        self._known.clear()
        try:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
        except apsw.Error as error:
            self._refusal = translated(error)

    def _count_generation(self) -> int | None:
        if self._remember is None or self._connection.total_changes() == self._start:
            return None
        self._execute(_GENERATION_NEXT)
        return int(self._fetch()[0][0])

    def _witness(self, generation: int) -> None:
        """Tell the witness. What was committed stays committed: a witness that fails stops the next transaction."""
        if self._remember is None:
            return
        try:
            self._remember(generation)
        except OSError as error:
            self._refusal = StoreFailed("the file that guards against restored copies cannot be written")
            self._refusal.__cause__ = error

    # -- statements ----------------------------------------------------------------------------------------------
    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Every row of a query."""
        try:
            self._execute(statement, values)
            return self._fetch()
        except apsw.Error as error:
            raise self._failed(error) from error

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Row | None:
        """The only row of a query, or None if it certainly has none."""
        try:
            self._execute(statement, values)
            rows = self._fetch()
        except apsw.Error as error:
            raise self._failed(error) from error
        return rows[0] if rows else None

    def _write(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a change inside the transaction."""
        if not self._writable:
            raise self._not_writable()
        try:
            self._execute(statement, values)
        except apsw.Error as error:
            raise self._failed(error) from error

    def _write_id(self, statement: str, values: Sequence[Any]) -> int:
        """Run an insertion that returns the new row's id."""
        self._write(statement, values)
        return int(self._fetch()[0][0])

    def _write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a change once for each of ``rows``."""
        if not self._writable:
            raise self._not_writable()
        try:
            self._many(statement, rows)
        except apsw.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: apsw.Error) -> NullabonaError:
        """A failed statement ends the transaction: SQLite may already have undone what came before it."""
        self._writable = False
        return translated(error)

    def _not_writable(self) -> NullabonaError:
        if self._refusal is not None:
            return self._refusal
        if self._open:
            return StoreMisuse("a statement of this transaction failed; nothing more can be written in it")
        return StoreMisuse("a write outside a transaction")
