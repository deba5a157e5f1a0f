"""What was left at inboxes for the next append to each (spec/relay.md §4.5).

The addresses are sorted by value: in order of arrival they would say whose owner came first. A secret is gone once it
was used, so what is here leads to no digest that was closed before.
"""

from __future__ import annotations

from bisect import bisect_left

from nullabona.wire.wakes import INBOX_WAKE_SIZE


class InboxWakes:
    """A secret for each of at most ``most`` inboxes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._addresses: list[bytes] = []
        self._secrets: list[bytearray] = []
        self.overflowed = False
        """Whether there was no room for an inbox: one without a secret may be one whose owner left it."""

    def __len__(self) -> int:
        return len(self._addresses)

    def leave(self, address: bytes, secret: bytes) -> bool:
        """Keep a secret in the place of the one before; False if there is no room for one more inbox."""
        at = bisect_left(self._addresses, address)
        if self._has(at, address):
            self._secrets[at][:] = secret
            return True
        if len(self) >= self._most:
            self.overflowed = True
            return False
        self._addresses.insert(at, address)
        self._secrets.insert(at, bytearray(secret))
        return True

    def take(self, address: bytes, into: bytearray) -> bool:
        """Move the secret that was left there to ``into``; False if none was."""
        at = bisect_left(self._addresses, address)
        if not self._has(at, address):
            return False
        del self._addresses[at]
        secret = self._secrets.pop(at)
        into[:] = secret
        secret[:] = bytes(INBOX_WAKE_SIZE)
        return True

    def _has(self, at: int, address: bytes) -> bool:
        return at < len(self._addresses) and self._addresses[at] == address
