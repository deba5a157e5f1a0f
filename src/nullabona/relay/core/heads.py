"""Heads kept in memory, so that an append to a busy box asks the store nothing. Bounded; forgetting is harmless."""

from __future__ import annotations

from nullabona.relay.core.boxes import Head


class Heads:
    """At most ``capacity`` heads, the least recently used forgotten first (to within half the capacity)."""

    __slots__ = ("_half", "_new", "_old")

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self._new: dict[bytes, Head] = {}
        self._old: dict[bytes, Head] = {}

    def get(self, address: bytes) -> Head | None:
        """The head, if it is remembered."""
        head = self._new.get(address)
        if head is None and (head := self._old.get(address)) is not None:
            self.put(address, head)
        return head

    def put(self, address: bytes, head: Head) -> None:
        """Remember ``head``."""
        if len(self._new) >= self._half:
            self._old = self._new
            self._new = {}
        self._new[address] = head

    def forget(self) -> None:
        """Forget everything: the store may have changed underneath."""
        self._new = {}
        self._old = {}
