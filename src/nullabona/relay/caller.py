"""Who asked: the relay's one view of a connection. It has no name, no address and no history."""

from __future__ import annotations

from typing import Protocol

from nullabona.relay.core.budget import Budget
from nullabona.wire.messages import AnyResponse


class Caller(Protocol):
    """A connection, as services see it. Compared by identity."""

    budget: Budget
    max_wait_s: int
    """Longest time a read may wait here."""

    may_follow: bool
    """Whether a request may have many answers here."""

    def keep_little(self) -> None:
        """Have the system hold little that is unread: much is to be sent without being asked for."""
        ...

    def answer(self, request_id: int, response: AnyResponse) -> None:
        """Send the one answer to a request; dropped if the connection is gone."""
        ...

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        """Send an answer that is encoded already."""
        ...

    def is_full(self) -> bool:
        """Whether so much is unsent that a long answer should be refused."""
        ...

    def offer(self, request_id: int, body: bytes) -> bool:
        """Send one of many answers at once, unless anything that was sent before is unread; whether it was sent."""
        ...

    def has_unread(self) -> bool:
        """Whether anything that was sent has not left this process yet."""
        ...
