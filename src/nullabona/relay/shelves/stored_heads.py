"""Boxes as they are now: heads in memory in front of the store (`core.boxes.StoredBoxes`)."""

from __future__ import annotations

from typing import Final

from nullabona.relay.core.boxes import Head, Plan, head_of
from nullabona.relay.core.heads import Heads
from nullabona.relay.store.interface import BoxStore

HEADS: Final = 65_536
"""Heads kept in memory."""


class StoredHeads:
    """Finds boxes as they are stored: a batch that is being written does not show."""

    def __init__(self, store: BoxStore, retention_days: int) -> None:
        self._store = store
        self._retention_days = retention_days
        self._heads = Heads(HEADS)

    def find(self, address: bytes, day: int) -> Head | None:
        """The box at ``address``, or None. Raises `StoreFailed`."""
        head = self._heads.get(address)
        if head is None:
            stored = self._store.find(address, day + self._retention_days)
            if stored is None:
                return None
            head = head_of(stored, day)
            self._heads.put(address, head)
        return head

    def is_taken(self, num: int) -> bool:
        """Whether a box has this number. Raises `StoreFailed`."""
        return self._store.is_taken(num)

    def settle(self, plan: Plan) -> None:
        """The plan's batch is stored: show it."""
        plan.settle()
        for address, draft in plan.drafts.items():
            self._heads.put(address, draft.head)

    def forget(self) -> None:
        """The store may have changed: ask it again."""
        self._heads.forget()
