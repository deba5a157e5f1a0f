"""What an operator could try who rewrites the record before anybody saw it: entries, and stamps to go with them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from nullabona.docket.core.batches import Batch, read_batch
from nullabona.docket.core.recount import Recount, Stamp, recount
from nullabona.docket.core.statements import Genesis, Statement, encode_statement, parse_statement


class Record:
    """The entries of a docket log, taken apart by period."""

    def __init__(self, entries: list[bytes]) -> None:
        genesis = parse_statement(entries[0])
        assert isinstance(genesis, Genesis)
        self.genesis, self.batches = genesis, _batches(entries, genesis)

    def change(self, kind: type[Statement], make: Callable[[Statement], Statement | None]) -> int:
        """Let ``make`` change, or drop with None, every statement of a kind; how many there were."""
        count = 0
        for at, batch in enumerate(self.batches):
            kept: list[Statement] = []
            for statement in batch.statements:
                found = isinstance(statement, kind)
                count += found
                new = make(statement) if found else statement
                kept += [] if new is None else [new]
            self.batches[at] = _with(batch, tuple(kept))
        return count

    def entries(self) -> list[bytes]:
        """The log, with headers that count right."""
        found = [encode_statement(self.genesis)]
        for batch in self.batches:
            found += [batch.header.encode(), *(leaf.encode() for leaf in batch.slots)]
            found += [encode_statement(statement) for statement in batch.statements]
        return found

    def recount(self, now_s: int, entries: list[bytes] | None = None, late_s: int = 1) -> Recount:
        """What an outsider finds, if every witness helped."""
        entries = self.entries() if entries is None else entries
        cadence = self.genesis.cadence
        stamps = {
            batch.header.period: Stamp(batch.end, cadence.due_of(batch.header.period) + late_s)
            for batch in _batches(entries, self.genesis)
        }
        return recount(entries, stamps, now_s)


def _with(batch: Batch, statements: tuple[Statement, ...]) -> Batch:
    header = msgspec.structs.replace(batch.header, statements=len(statements))
    return Batch(batch.start, header, batch.slots, statements, batch.end)


def _batches(entries: list[bytes], genesis: Genesis) -> list[Batch]:
    found: list[Batch] = []
    start = 0
    try:
        while batch := read_batch(entries, start, genesis.cadence, len(found)):
            found.append(batch)
            start = batch.end
    except Exception:  # noqa: BLE001 - a forged log ends where it makes no sense
        return found
    return found
