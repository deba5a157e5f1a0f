"""What an operator could try with one demand of the record: remove it, alter, reorder, back-date, or quietly drop it.

Each is done as well as it can be done by anyone who holds the log's keys: batches count right, places are renumbered, a
dropped demand's openings go with it and the report is lowered. `Public` is such a record as it would be served.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes
from typing import Final

import msgspec

from nullabona.docket.core.batches import read_batch
from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount_cases import Demand
from nullabona.docket.core.recount_reports import count
from nullabona.docket.core.statements import (
    Genesis,
    Opening,
    Report,
    Row,
    Statement,
    encode_statement,
    parse_header,
    parse_statement,
)
from nullabona.docket.publishing.batches import PERIODS
from nullabona.docket.verify import Verification, verify
from nullabona.errors import Bug, Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import Signer, parse_note, sign_note
from nullabona.log.policy import Policy
from nullabona.log.tiles import ENTRIES, encode_bundle, tiles_of
from nullabona.log.tree import Frontier, leaf_hashes
from nullabona.wire.slots import LEAF_SIZE, SlotRef

_HEAD: Final = 7
"""A slot's leaf begins with its kind and place; the commitment and the pointer follow."""
CHECKPOINT: Final = "checkpoint"


class Deed(StrEnum):
    """What is done to a demand."""

    REMOVE = "remove"
    ALTER = "alter"
    REORDER = "reorder"
    BACKDATE = "back-date"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Forged:
    """A log of which one demand was tampered with. ``period``: the first one that is not what it was."""

    deed: Deed
    period: int
    pages: Sequence[Sequence[bytes]] = field(repr=False)
    """The entries of each period."""

    @property
    def entries(self) -> list[bytes]:
        """All of them."""
        return [entry for page in self.pages for entry in page]

    def caught(self, findings: Sequence[Finding]) -> Finding | None:
        """The finding that says what is wrong: of the right kind, and naming the period."""
        code = "cadence-broken" if self.deed is Deed.REMOVE else "period-unwitnessed"
        return self.named(code, findings)

    def late(self, findings: Sequence[Finding]) -> Finding | None:
        """The finding that says when the period was signed, if its own checkpoint is of this very log."""
        code = "cadence-broken" if self.deed is Deed.REMOVE else "period-late"
        return self.named(code, findings)

    def exchanged(self, findings: Sequence[Finding]) -> Finding | None:
        """The same, where the entries are not even those that were signed."""
        return self.named("log-broken", findings)

    def named(self, code: str, findings: Sequence[Finding]) -> Finding | None:
        """The finding of that kind that names the period."""
        period = re.compile(rf"\bperiod {self.period}\b")
        return next((each for each in findings if each.code == code and period.search(each.message)), None)


class Book:
    """The entries of a docket log, by period, to be put together otherwise."""

    def __init__(self, entries: list[bytes]) -> None:
        genesis = parse_statement(entries[0])
        if not isinstance(genesis, Genesis):
            raise Malformed("the log's first leaf is not its genesis statement")
        self.origin, self._genesis = genesis.origin, genesis
        self._batches: list[list[bytes]] = []
        start = 0
        while batch := read_batch(entries, start, genesis.cadence, len(self._batches)):
            self._batches.append(entries[start : batch.end])
            start = batch.end

    def forge(self, deed: Deed, places: Sequence[SlotRef], shown: Demand | None = None) -> Forged:
        """The log after ``deed`` was done to the demand at ``places``. ``shown``: as the public sees it."""
        pages = {at.period: list(self._batches[at.period]) for at in places}
        first, leaf = places[0], self._index(places[0])
        page = pages[first.period]
        period = first.period
        match deed:
            case Deed.REMOVE:
                del page[leaf]
            case Deed.ALTER:
                page[leaf] = page[leaf][:_HEAD] + bytes([page[leaf][_HEAD] ^ 1]) + page[leaf][_HEAD + 1 :]
            case Deed.REORDER:
                other = SlotRef(period, first.slot - 1 if first.slot else first.slot + 1)
                _exchange(page, leaf, page, self._index(other))
            case Deed.BACKDATE:
                if period == 0:
                    raise Bug("there is no period before the first")
                period -= 1
                pages.setdefault(period, list(self._batches[period]))
                _exchange(page, leaf, pages[period], self._index(SlotRef(period, first.slot)))
            case Deed.DROP:
                for at in places:
                    place = self._index(at)
                    pages[at.period][place] = pages[at.period][place][:_HEAD] + token_bytes(LEAF_SIZE - _HEAD)
                self._silence(pages, frozenset(places), shown)
        return Forged(deed, period, [pages.get(n, page) for n, page in enumerate(self._batches)])

    def _silence(self, pages: dict[int, list[bytes]], places: frozenset[SlotRef], shown: Demand | None) -> None:
        """Take the demand's openings out of every batch, and out of the report's row."""
        for n, page in enumerate(self._batches):
            header = int(n == 0)
            head = header + 1 + self._genesis.cadence.slots
            said = [parse_statement(entry) for entry in page[head:]]
            kept = [_without(each, shown) for each in said if not (isinstance(each, Opening) and each.slot in places)]
            if kept != said:
                begin = pages.get(n, page)[:head]
                begin[header] = msgspec.structs.replace(parse_header(begin[header]), statements=len(kept)).encode()
                pages[n] = [*begin, *map(encode_statement, kept)]

    def _index(self, at: SlotRef) -> int:
        """The index of a slot in its period's entries."""
        return 1 + (at.period == 0) + at.slot


def _exchange(one: list[bytes], here: int, other: list[bytes], there: int) -> None:
    """Two slots change what they hold, and each keeps its place."""
    a, b = one[here], other[there]
    one[here], other[there] = a[:_HEAD] + b[_HEAD:], b[:_HEAD] + a[_HEAD:]


def _without(statement: Statement, shown: Demand | None) -> Statement:
    """A report that counts one demand less."""
    if not isinstance(statement, Report) or shown is None:
        return statement
    less = count([shown], statement.until)[shown.first.instrument]
    return msgspec.structs.replace(
        statement, rows=tuple(_minus(row, less) if row.instrument == less.instrument else row for row in statement.rows)
    )


def _minus(row: Row, less: Row) -> Row:
    names = Row.__struct_fields__[1:]
    return Row(row.instrument, **{name: getattr(row, name) - getattr(less, name) for name in names})


@dataclass(frozen=True, slots=True)
class Public:
    """The public files of a log, in memory."""

    files: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Public:
        """What is served from ``folder``."""
        return cls({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()})

    def served(self, forged: Forged) -> Public:
        """Other entries under the same checkpoint: the server of the files has no key."""
        size = parse_checkpoint(parse_note(self.files[CHECKPOINT]).text).size
        return Public({**self.files, **_bundles(forged.entries, size)})

    def signed(self, forged: Forged, origin: str, signers: Sequence[Signer], now_s: int) -> Public:
        """Other entries, under a new checkpoint by ``signers``; what was witnessed at the time stays as it was."""
        root = Frontier().extend(leaf_hashes(forged.entries)).root
        note = sign_note(Checkpoint(origin, len(forged.entries), root).encode(), signers, now_s)
        return Public({**self._periods(), **_bundles(forged.entries, len(forged.entries)), CHECKPOINT: note.encode()})

    def signed_throughout(
        self, forged: Forged, origin: str, signers: Sequence[Signer], time_of: Callable[[int], int]
    ) -> Public:
        """The same, and each period's own checkpoint from the changed one on is signed again, at its ``time_of``."""
        frontier, notes = Frontier(), dict[str, bytes]()
        for period, page in enumerate(forged.pages):
            frontier = frontier.extend(leaf_hashes(page))
            if period >= forged.period:
                text = Checkpoint(origin, frontier.size, frontier.root).encode()
                notes[f"{PERIODS}/{period}"] = sign_note(text, signers, time_of(period)).encode()
        head = notes[f"{PERIODS}/{len(forged.pages) - 1}"]
        return Public({**self._periods(), **notes, **_bundles(forged.entries, frontier.size), CHECKPOINT: head})

    def verify(self, policy: Policy, now_s: int) -> Verification:
        """What anybody finds in it."""

        async def fetch(path: str) -> bytes | None:
            return self.files.get(path)

        return asyncio.run(verify(fetch, policy, now_s))

    def _periods(self) -> dict[str, bytes]:
        return {path: data for path, data in self.files.items() if path.startswith(f"{PERIODS}/")}


def _bundles(entries: Sequence[bytes], size: int) -> dict[str, bytes]:
    """The files that a log of ``size`` has its entries in; the last one is short if there are fewer."""
    tiles = [tile for tile in tiles_of(size) if tile.level == ENTRIES]
    begins = [sum(tile.width for tile in tiles[:n]) for n in range(len(tiles))]
    return {
        tile.path: encode_bundle(entries[begin : begin + tile.width]) for tile, begin in zip(tiles, begins, strict=True)
    }
