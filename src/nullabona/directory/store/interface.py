"""The contract of every card store; one suite tests each implementation (tests/directory/test_store.py).

Stores are synchronous. One thread at a time writes. Reads may run on another thread at any time and see what was
committed before they began; two reads see the same state only inside `reading`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol

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
from nullabona.log.prefix import Leaf
from nullabona.log.prefix_pages import Part, Source


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
    """All stored data about one handle."""

    card: StoredCard | None
    held: Held | None
    replaced: Sequence[ReplacedCard]
    entries: Sequence[StoredEntry]


class Aside(Protocol):
    """Read access to the record for a third thread."""

    def progress(self) -> Progress:
        """As `CardStore.progress`."""
        ...

    def changes(self, epoch: int) -> dict[bytes, StoredEntry]:
        """As `CardStore.changes`, of committed data."""
        ...

    def map_at(self, epoch: int) -> Source:
        """As `CardStore.map_at`."""
        ...


class CardStore(Protocol):
    """Stores cards, holds, and the public record of both."""

    remote: ClassVar[bool]
    """Whether a read may have to wait for another process. Then nobody reads on an event loop."""

    # -- cards

    def find(self, name: str) -> StoredCard | None:
        """The newest committed card of ``name``, whether or not it is in the record yet."""
        ...

    def shown(self, name: str, served: int) -> Shown:
        """The result of a lookup when epoch ``served`` is the newest published one."""
        ...

    def holding(self, name: str, mark: bytes) -> Holding:
        """All stored data about a handle."""
        ...

    def known(self, name: str, skeleton: str, mark: bytes, owner: bytes = b"") -> Known:
        """The stored data about a handle, including uncommitted changes of this transaction. For the writer.

        ``owner``: the mark that identifies the requester if they own a lapsed card.
        """
        ...

    def cards_after(self, name: str, limit: int) -> list[StoredCard]:
        """The cards of the names after ``name``, in order. For the writer."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All changes inside are committed when it ends, or none if it ends in an exception.

        Raises `StoreFailed` if they could not be committed.
        """
        ...

    def reading(self) -> AbstractContextManager[None]:
        """All reads inside see one snapshot. For the one thread that reads."""
        ...

    def apply(self, change: Change, place: Place) -> int:
        """Make a change and enter it in the open epoch, whose number is returned. Only inside a transaction.

        A handle that is new in the open epoch has its first card entered there; later changes enter the next epoch.
        """
        ...

    def release(self, today: int) -> list[bytes]:
        """Erase every hold that ended before ``today``; return the handles' labels. Only inside a transaction.

        The marks of tokens that ended are erased, too.
        """
        ...

    def is_spent(self, mark: bytes) -> bool:
        """Whether a registration token with this mark was used and has not ended. For the writer."""
        ...

    def count(self) -> int:
        """How many cards there are. For the writer."""
        ...

    # -- the record

    def progress(self) -> Progress:
        """The progress of the record."""
        ...

    def take_out(self, labels: Sequence[bytes]) -> None:
        """Enter in the open epoch that these labels are removed. Only inside a transaction."""
        ...

    def changes(self, epoch: int, *, writing: bool = False) -> dict[bytes, StoredEntry]:
        """The entries of an epoch, by label; of a closed one all, as long as it is kept. ``writing``: as the writer
        sees it.
        """
        ...

    def leaves_after(self, label: bytes, epoch: int, limit: int) -> list[Leaf]:
        """The leaves of the map at an epoch whose labels are after ``label``, in order, at most ``limit``."""
        ...

    def map_at(self, epoch: int, *, writing: bool = False) -> Source:
        """The map after ``epoch`` is closed. ``writing``: as the writer sees it."""
        ...

    def aside(self) -> AbstractContextManager[Aside | None]:
        """Committed data, for a third thread beside writer and reader; None: this store does not support it.

        Closed epochs do not change while it is open; the open epoch may change between calls.
        """
        ...

    def root_at(self, epoch: int) -> bytes | None:
        """The root of the map at an epoch, or None if it has no label yet. For the writer."""
        ...

    def entry_at(self, label: bytes, epoch: int) -> StoredEntry | None:
        """The entry of a label at an epoch."""
        ...

    def keep_pages(self, epoch: int, parts: Mapping[int, Part]) -> None:
        """Store parts of the map at an open epoch; they are not visible yet. Only inside a transaction."""
        ...

    def close_epoch(self, closed: ClosedEpoch, parts: Mapping[int, Part]) -> None:
        """Store an epoch and the parts of the map that it altered. Only inside a transaction."""
        ...

    def serve(self, number: int) -> None:
        """Epochs up to ``number`` are published: erase the cards that they replaced. Only in a transaction."""
        ...

    def epoch(self, number: int, *, writing: bool = False) -> ClosedEpoch | None:
        """A closed epoch, if it is still kept. ``writing``: as the writer sees it."""
        ...

    def epochs(self, after: int, upto: int, limit: int) -> list[ClosedEpoch]:
        """The stored epochs after ``after`` and up to ``upto``, oldest first."""
        ...

    def forget(self, before_s: int) -> None:
        """Erase entries of the record that were replaced before that time. Only inside a transaction."""
        ...

    # -- life

    def scrub(self) -> None:
        """Remove erased rows and the order of arrivals from every file. Cheap when there is nothing to do."""
        ...

    def close(self) -> None:
        """Scrub and release the files. Idempotent."""
        ...
