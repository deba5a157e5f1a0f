"""The rows of a directory's database, and the operations that both stores share, disk and memory (queries.sql)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from itertools import chain
from typing import ClassVar, Final

from nullabona.directory.core.records import (
    Change,
    Held,
    Keep,
    Known,
    Place,
    Progress,
    ReplacedCard,
    Shown,
    StoredCard,
    StoredEntry,
)
from nullabona.directory.store.interface import ClosedEpoch, Holding, StoreFailed
from nullabona.errors import Bug
from nullabona.log.prefix import TOMBSTONE, Leaf, Opening
from nullabona.log.prefix_pages import NOTHING, STRIDE, WIDTH, Part, Source
from nullabona.machine.database import FAILURES, Connection, Rows, failure
from nullabona.machine.queries import named_queries

PRAGMAS: Final = ("synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY")
_SQL: Final = named_queries("nullabona.directory.store")


class CardRows:
    """Reads and writes rows through two connections: one writes, one looks up (`CardStore`)."""

    remote: ClassVar[bool] = False

    def __init__(self, writer: Connection, reader: Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._dirty = True

    # -- cards ----------------------------------------------------------------------------------------------------

    def find(self, name: str) -> StoredCard | None:
        return find_card(self._reader, name)

    def shown(self, name: str, served: int) -> Shown:
        card = find_card(self._reader, name)
        older = find_replaced(self._reader, name)
        if card is not None and card.epoch <= served:
            return Shown(card.encoded)
        for row in older:
            if row.epoch <= served < row.until_epoch:
                return Shown(row.encoded)
        waiting = [(row.epoch, row.encoded) for row in older if row.epoch > served]
        if card is not None:
            waiting.append((card.epoch, card.encoded))
        return Shown(b"", min(waiting)[1], min(waiting)[0]) if waiting else Shown()

    def holding(self, name: str, mark: bytes) -> Holding:
        return find_holding(self._reader, name, mark)

    def known(self, name: str, skeleton: str, mark: bytes, owner: bytes = b"") -> Known:
        with translated():
            alike = self._run("find_alike", skeleton).fetchone()
        held = find_held(self._writer, mark)
        by_owner = held is not None and bool(owner) and find_held(self._writer, owner) is not None
        return Known(find_card(self._writer, name), alike and alike[0], held, by_owner)

    def cards_after(self, name: str, limit: int) -> list[StoredCard]:
        with translated():
            return [StoredCard(*row) for row in self._run("cards_after", name, limit).fetchall()]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with translated():
            self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            with translated():
                self._before_commit()
                self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                with translated():
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[None]:
        with translated():
            self._reader.execute("BEGIN")
        try:
            yield
        finally:
            with translated():
                self._reader.execute("COMMIT")

    def apply(self, change: Change, place: Place) -> int:
        self._check_open()
        self._dirty = True
        with translated():
            digest = change.digest if isinstance(change, Keep) else TOMBSTONE
            epoch = self._enter(place, digest)
            if isinstance(change, Keep):
                card = change.card
                self._run("keep_replaced", card.name, epoch)
                if change.spent is not None:
                    self._run("spend", change.spent.mark, change.spent.until_day)
                self._run("keep_card", card.name, card.skeleton, card.encoded, card.registered_day, place.label, epoch)
            else:
                self._run("keep_replaced", change.name, epoch)
                self._run("erase_card", change.name)
                for hold in (change.hold, change.owner):
                    if hold is not None:
                        self._run("hold", hold.mark, hold.until_day, place.label)
        return epoch

    def release(self, today: int) -> list[bytes]:
        with translated():
            labels = [label for (label,) in self._run("released_labels", today).fetchall()]
            for name in ("release", "drop_spent"):
                self._dirty |= self._run(name, today).rowcount > 0
        return labels

    def is_spent(self, mark: bytes) -> bool:
        with translated():
            return self._run("find_spent", mark).fetchone() is not None

    def count(self) -> int:
        with translated():
            (cards,) = self._run("count_cards").fetchone()
        return int(cards)

    # -- the record -----------------------------------------------------------------------------------------------

    def progress(self) -> Progress:
        with translated():
            return Progress(*self._run("progress").fetchone())

    def take_out(self, labels: Sequence[bytes]) -> None:
        self._check_open()
        for label in labels:
            with translated():
                last = self._run("last_entries", label).fetchone()
                if last is not None and last[3] == TOMBSTONE:
                    epoch = max(self.progress().closed, last[0]) + 1
                    self._run("put_entry", label, epoch, last[1] + 1, b"", None)

    def changes(self, epoch: int, *, writing: bool = False) -> dict[bytes, StoredEntry]:
        connection = self._writer if writing else self._reader
        with translated():
            rows = connection.execute(_SQL["entries_of"], (epoch,)).fetchall()
        return {label: StoredEntry(*row) for label, *row in rows}

    def leaves_after(self, label: bytes, epoch: int, limit: int) -> list[Leaf]:
        with translated():
            rows = self._reader.execute(_SQL["entries_after"], (label, epoch, limit)).fetchall()
        return [_leaf(*row) for row in rows]

    def map_at(self, epoch: int, *, writing: bool = False) -> Source:
        return RowSource(self._writer if writing else self._reader, epoch)

    def root_at(self, epoch: int) -> bytes | None:
        with translated():
            row = self._run("root_at", epoch).fetchone()
        return row[0] if row else None

    def entry_at(self, label: bytes, epoch: int) -> StoredEntry | None:
        with translated():
            row = self._reader.execute(_SQL["entry_at"], (label, epoch)).fetchone()
        return StoredEntry(*row) if row else None

    def keep_pages(self, epoch: int, parts: Mapping[int, Part]) -> None:
        self._check_open()
        self._dirty = True
        rows = ((place, epoch, part.labels, part.root) for place, part in parts.items())
        with translated():
            self._writer.executemany(_SQL["put_page"], rows)

    def close_epoch(self, closed: ClosedEpoch, parts: Mapping[int, Part]) -> None:
        self._check_open()
        self._dirty = True
        self.keep_pages(closed.number, parts)
        with translated():
            self._run("put_epoch", closed.number, closed.root, closed.closed_s)

    def serve(self, number: int) -> None:
        self._check_open()
        self._dirty = True
        with translated():
            self._run("serve", number)
            self._run("drop_replaced", number)

    def epoch(self, number: int, *, writing: bool = False) -> ClosedEpoch | None:
        connection = self._writer if writing else self._reader
        with translated():
            row = connection.execute(_SQL["epoch_at"], (number,)).fetchone()
        return ClosedEpoch(*row) if row else None

    def epochs(self, after: int, upto: int, limit: int) -> list[ClosedEpoch]:
        with translated():
            rows = self._reader.execute(_SQL["epochs_after"], (after, upto, limit)).fetchall()
        return [ClosedEpoch(*row) for row in rows]

    def forget(self, before_s: int) -> None:
        self._check_open()
        with translated():
            (horizon,) = self._run("horizon", before_s).fetchone()
            (oldest,) = self._run("oldest_epoch").fetchone()
            if horizon <= oldest:
                return
            self._dirty = True
            for name in ("forget_entries", "forget_pages"):
                self._run(name, oldest, horizon)
            for name in ("forget_gone", "forget_empty", "forget_epochs"):
                self._run(name, horizon)

    def scrub(self) -> None:
        """See `CardStore.scrub`."""

    # -- inside ---------------------------------------------------------------------------------------------------

    def _before_commit(self) -> None:
        """Check the conditions for committing a transaction. Raises `StoreFailed`."""

    def _enter(self, place: Place, digest: bytes) -> int:
        """Insert an entry; return the number of its epoch."""
        opening = self.progress().closed + 1
        rows = [StoredEntry(*row) for row in self._run("last_entries", place.label).fetchall()]
        epoch, version = _next_place(rows, opening)
        self._run("put_entry", place.label, epoch, version, place.nonce, digest)
        return epoch

    def _check_open(self) -> None:
        if not self._writer.in_transaction:
            raise Bug("a change outside a transaction")

    def _run(self, name: str, *values: object) -> Rows:
        return self._writer.execute(_SQL[name], values)


class RowAside:
    """See `CardStore.aside`. It has its own connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def progress(self) -> Progress:
        """The progress of the record."""
        with translated():
            return Progress(*self._connection.execute(_SQL["progress"]).fetchone())

    def changes(self, epoch: int) -> dict[bytes, StoredEntry]:
        """The entries of an epoch, by label."""
        with translated():
            rows = self._connection.execute(_SQL["entries_of"], (epoch,)).fetchall()
            return {label: StoredEntry(*row) for label, *row in rows}

    def map_at(self, epoch: int) -> Source:
        """The map after ``epoch`` is closed."""
        return RowSource(self._connection, epoch)


class RowSource:
    """The map at one epoch, from rows (`nullabona.log.prefix_pages.Source`)."""

    def __init__(self, connection: Connection, epoch: int) -> None:
        self._connection = connection
        self._epoch = epoch

    def parts(self, place: int) -> Sequence[Part]:
        first, parts = place << STRIDE, [NOTHING] * WIDTH
        with translated():
            rows = self._connection.execute(_SQL["parts_of"], (place, self._epoch)).fetchall()
        for at, labels, root in rows:
            parts[at - first] = Part(labels, root)
        return parts

    def leaves(self, first: bytes, last: bytes) -> list[Leaf]:
        with translated():
            rows = self._connection.execute(_SQL["entries_between"], (first, last, self._epoch)).fetchall()
        return [_leaf(*row) for row in rows]


def _leaf(label: bytes, version: int, nonce: bytes, digest: bytes) -> Leaf:
    return Leaf(label, Opening(nonce, version, digest).commitment)


def _next_place(rows: Sequence[StoredEntry], opening: int) -> tuple[int, int]:
    """Epoch and version of a label's next entry after ``rows``, which are newest first."""
    if not rows:
        return opening, 1
    last = rows[0]
    if last.epoch < opening:
        return opening, last.version + 1
    before = rows[1].digest if len(rows) > 1 else None
    if before in {None, TOMBSTONE} and last.digest not in {None, TOMBSTONE}:
        return last.epoch + 1, last.version + 1
    return last.epoch, last.version


def find_card(connection: Connection, name: str) -> StoredCard | None:
    """The newest card of ``name``. An error raises `StoreFailed`; it must not pass for an absent card."""
    with translated():
        row = connection.execute(_SQL["find_card"], (name,)).fetchone()
    return StoredCard(*row) if row else None


def find_replaced(connection: Connection, name: str) -> list[ReplacedCard]:
    """The earlier cards of ``name`` whose replacement is not in the record yet."""
    with translated():
        return [ReplacedCard(*row) for row in connection.execute(_SQL["find_replaced"], (name,)).fetchall()]


def find_held(connection: Connection, mark: bytes) -> Held | None:
    """The hold on a deleted handle."""
    with translated():
        row = connection.execute(_SQL["find_held"], (mark,)).fetchone()
    return Held(*row) if row else None


def find_holding(connection: Connection, name: str, mark: bytes) -> Holding:
    """As `CardStore.holding`, on any connection."""
    card, held = find_card(connection, name), find_held(connection, mark)
    labels = {row.label for row in (card, held) if row is not None}
    with translated():
        rows = chain.from_iterable(
            connection.execute(_SQL["find_entries"], (label,)).fetchall() for label in sorted(labels)
        )
        entries = [StoredEntry(*row) for row in rows]
    return Holding(card, held, find_replaced(connection, name), entries)


def read_text(name: str) -> str:
    """A file in this package's folder."""
    return files("nullabona.directory.store").joinpath(name).read_text("utf-8")


@contextmanager
def translated() -> Iterator[None]:
    """Raises the database's errors as `StoreFailed`."""
    try:
        yield
    except FAILURES as error:
        raise failure(StoreFailed, error, "the card database failed") from error
