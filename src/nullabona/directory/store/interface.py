"""What every card store promises; one contract suite runs on each implementation (tests/directory/test_store.py).

Stores are synchronous. One thread at a time writes; ``find`` and ``committed`` may run on another thread at any time
and see what committed before they began.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from nullabona.directory.core.records import Change, Known, StoredCard
from nullabona.errors import NullabonaError


class StoreFailed(NullabonaError):
    """The store could not do it now; it may or may not have been done. The store is usable again."""

    code = "card-store-failed"
    default_hint = "look at the disk: is it full, or failing?"
    retryable = True


class CardStore(Protocol):
    """Keeps cards and holds."""

    def find(self, name: str) -> StoredCard | None:
        """The committed card of ``name``."""
        ...

    def committed(self, name: str, skeleton: str, mark: bytes) -> Known:
        """What is kept about a handle, for any thread."""
        ...

    def known(self, name: str, skeleton: str, mark: bytes) -> Known:
        """What is kept about a handle, uncommitted changes of this transaction included. For the writer."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All changes inside are kept for good when it ends, or none if it ends in an exception.

        Raises `StoreFailed` if they could not be kept.
        """
        ...

    def apply(self, change: Change) -> None:
        """Make a change. Only inside a transaction."""
        ...

    def release(self, today: int) -> None:
        """Erase every hold that ended before ``today``. Only inside a transaction."""
        ...

    def scrub(self) -> None:
        """Leave nothing of erased rows, and no log of arrivals, in any file. Cheap when there is nothing to do."""
        ...

    def close(self) -> None:
        """Scrub and let go. Harmless when repeated."""
        ...
