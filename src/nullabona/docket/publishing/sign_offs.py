"""Which taxonomy the desk uses, and which of its rows counsel answers for, as statements in the log (docket.md §7.11).

A sign-off is of one row exactly as it is: a row that changes is not signed off any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nullabona.docket.core.acts import SignOffDetails
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.statements import (
    Genesis,
    SignedOff,
    TaxonomyStated,
    encode_statement,
    parse_statement,
)
from nullabona.docket.keeping.context import DeskContext
from nullabona.errors import UserError
from nullabona.wire.canonical import digest, read_canonical


class NoSuchRow(UserError):
    """The taxonomy has no such row, or it is not the one that was to be signed off."""

    code = "docket-no-such-row"
    default_hint = "look at the rows as they are now: nulla docket taxonomy list"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed a row off, when, and by which text."""

    details: SignOffDetails
    proposed_by: str
    confirmed_by: str
    at_s: int


class SignOffs:
    """Keeps what the log says of the taxonomy true, and enters sign-offs."""

    def __init__(self, context: DeskContext, taxonomy: Taxonomy) -> None:
        self._store, self._clock, self._journal = context.store, context.clock, context.journal
        self._taxonomy = taxonomy

    def state(self) -> None:
        """The next batch says which taxonomy is used, if the log says another."""
        if self._stated() not in {None, self._taxonomy.sha256.hex()}:
            with self._store.transaction():
                self._enter(TaxonomyStated(self._taxonomy.sha256.hex()))

    def draw_up(self, instrument: str, source: str, valid_from: int | None = None) -> SignOffDetails:
        """What counsel signs of a row, by default of today's. Raises `NoSuchRow`."""
        if valid_from is None:
            row = self._taxonomy.find(instrument, self._clock() // DAY)
        else:
            row = self._taxonomy.starting(instrument, valid_from)
        if row is None:
            raise NoSuchRow("the taxonomy has no such row")
        return SignOffDetails(row.id, row.valid_from, row.row, source)

    def check(self, details: SignOffDetails) -> None:
        """Raises `NoSuchRow`."""
        row = self._taxonomy.starting(details.instrument, details.valid_from)
        if row is None or row.row != details.row:
            raise NoSuchRow("the taxonomy has no such row, or it has changed")

    def enter(self, details: SignOffDetails) -> None:
        """Put the sign-off into the next batch. Raises `NoSuchRow`. Inside a transaction."""
        self.check(details)
        signed = SignedOff(details.instrument, details.valid_from, details.row.hex(), details.source)
        self._enter(TaxonomyStated(self._taxonomy.sha256.hex(), (signed,)))

    def of_rows(self) -> dict[bytes, Signature]:
        """The latest signature under each row, by the row's hash."""
        found = {}
        for encoded, proposed_by, confirmed_by, at_s in self._store.rows("signed_off"):
            details = read_canonical(encoded, SignOffDetails, "a sign-off")
            found[details.row] = Signature(details, proposed_by, confirmed_by, at_s)
        return found

    def _enter(self, statement: TaxonomyStated) -> None:
        """Into the next batch, whatever its period: the order of statements says what held when."""
        last = self._store.row("last_batch")
        self._store.run("add_statement", encode_statement(statement), last[0] + 1 if last else 0)
        self._journal.append("taxonomy-stated", digest(statement))

    def _stated(self) -> str | None:
        """The taxonomy that the log states last, or is about to; None: its first entry is not made yet."""
        for (body,) in reversed(self._store.rows("taxonomies")):
            statement = parse_statement(body)
            if isinstance(statement, TaxonomyStated):
                return statement.taxonomy
        first = self._store.row("batch", 0)
        if first is None:
            return None
        genesis = parse_statement(msgspec.msgpack.decode(first[2], type=list[bytes])[0])
        return genesis.taxonomy if isinstance(genesis, Genesis) else None
