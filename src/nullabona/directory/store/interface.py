"""What every card store promises; one contract suite runs on each implementation (tests/directory/test_store.py).

Stores are synchronous. One thread at a time writes. What only reads may run on another thread at any time and sees what
committed before it began; two reads see the same only inside `reading`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from nullabona.directory.core.pages import Part, Source
from nullabona.directory.core.records import (
    Change,
    Held,
    Known,
    Place,
    Progress,
    ReplacedCard,
    Shown,
    StoredCard,
    StoredEntry,
)
from nullabona.errors import NullabonaError


class StoreFailed(NullabonaError):
    """The store failed; the change may or may not have been made. The store can be used again."""

    code = "card-store-failed"
    default_hint = "check whether the disk is full or failing"
    retryable = True


@dataclass(frozen=True, slots=True)
class ClosedEpoch:
    """One epoch of the record."""

    number: int
    root: bytes
    closed_s: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything that is stored about one handle."""

    card: StoredCard | None
    held: Held | None
    replaced: Sequence[ReplacedCard]
    entries: Sequence[StoredEntry]


class Aside(Protocol):
    """The record as a third thread reads it."""

    def progress(self) -> Progress:
        """As `CardStore.progress`."""
        ...

    def changes(self, epoch: int) -> dict[bytes, StoredEntry]:
        """As `CardStore.changes`, of what is committed."""
        ...

    def map_at(self, epoch: int) -> Source:
        """As `CardStore.map_at`."""
        ...


class CardStore(Protocol):
    """Keeps cards, holds, and the public record of both."""

    # -- cards

    def find(self, name: str) -> StoredCard | None:
        """The newest committed card of ``name``, whether it is in the record already or not."""
        ...

    def shown(self, name: str, served: int) -> Shown:
        """What a looker is shown when epoch ``served`` is the newest published one."""
        ...

    def holding(self, name: str, mark: bytes) -> Holding:
        """Everything that is stored about a handle."""
        ...

    def known(self, name: str, skeleton: str, mark: bytes, owner: bytes = b"") -> Known:
        """What is kept about a handle, uncommitted changes of this transaction included. For the writer.

        ``owner`` is the mark by which whoever asks would be known as the owner of a lapsed card.
        """
        ...

    def cards_after(self, name: str, limit: int) -> list[StoredCard]:
        """The cards of the names after one, in their order. For the writer."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All changes inside are kept for good when it ends, or none if it ends in an exception.

        Raises `StoreFailed` if they could not be kept.
        """
        ...

    def reading(self) -> AbstractContextManager[None]:
        """What is read inside is all from one moment. For the one thread that reads."""
        ...

    def apply(self, change: Change, place: Place) -> int:
        """Make a change and enter it in the open epoch, whose number is returned. Only inside a transaction.

        A handle that is new in the open epoch has its first card entered there; what follows enters the next one.
        """
        ...

    def release(self, today: int) -> list[bytes]:
        """Erase every hold that ended before ``today``; the labels of those handles. Only inside a transaction."""
        ...

    # -- the record

    def progress(self) -> Progress:
        """How far the record has come."""
        ...

    def take_out(self, labels: Sequence[bytes]) -> None:
        """Enter in the open epoch that nothing stands at these labels any more. Only inside a transaction."""
        ...

    def changes(self, epoch: int) -> dict[bytes, StoredEntry]:
        """What enters in an epoch, by label. For the writer."""
        ...

    def map_at(self, epoch: int, *, writing: bool = False) -> Source:
        """The map as it stands once ``epoch`` is closed. ``writing``: as the writer sees it."""
        ...

    def aside(self) -> AbstractContextManager[Aside | None]:
        """What is committed, for a thread of its own beside writer and reader; None: this store has no way to.

        Closed epochs do not change while it is open; the open one may, from one call to the next.
        """
        ...

    def root_at(self, epoch: int) -> bytes | None:
        """The root of the map at an epoch, or None if it has no label yet. For the writer."""
        ...

    def entry_at(self, label: bytes, epoch: int) -> StoredEntry | None:
        """What stands at a label at an epoch."""
        ...

    def keep_pages(self, epoch: int, parts: Mapping[int, Part]) -> None:
        """Keep parts of the map at an epoch that is not closed yet; nothing shows them. Only inside a transaction."""
        ...

    def close_epoch(self, closed: ClosedEpoch, parts: Mapping[int, Part]) -> None:
        """Keep an epoch and the parts of the map that it altered. Only inside a transaction."""
        ...

    def serve(self, number: int) -> None:
        """Epochs up to ``number`` are published: cards that were replaced in them are erased. Only in a transaction."""
        ...

    def epoch(self, number: int, *, writing: bool = False) -> ClosedEpoch | None:
        """A closed epoch, if it is still kept. ``writing``: as the writer sees it."""
        ...

    def epochs(self, after: int, upto: int, limit: int) -> list[ClosedEpoch]:
        """The epochs after one and up to another that are still kept, oldest first."""
        ...

    def forget(self, before_s: int) -> None:
        """Erase what stood in the record until it was replaced before that time. Only inside a transaction."""
        ...

    # -- life

    def scrub(self) -> None:
        """Leave nothing of erased rows, and no log of arrivals, in any file. Cheap when there is nothing to do."""
        ...

    def close(self) -> None:
        """Scrub and let go. Harmless when repeated."""
        ...
