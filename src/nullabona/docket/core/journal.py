"""The journal's hash chain: every event includes the previous event's hash (spec/docket.md §6)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from nullabona.docket.core.records import Event
from nullabona.errors import PeerError
from nullabona.wire.canonical import canonical

_DOMAIN: Final = b"nullabona docket event v1\0"
BEGIN: Final = bytes(32)
"""The previous hash of the first event."""


class JournalBroken(PeerError):
    """A journal event is missing, altered, duplicated or out of order."""

    code = "docket-journal-broken"
    default_hint = "compare the journal with a copy; its daily head is in the docket log"


def event_hash(event: Event) -> bytes:
    """The event's hash in the chain. Its nonce keeps the head from revealing whether anything happened."""
    return sha256(_DOMAIN + canonical(event)).digest()


def check_chain(events: Iterable[tuple[Event, bytes]]) -> bytes:
    """The head of a whole journal of (event, hash). Raises `JournalBroken` at the first break."""
    head = BEGIN
    for number, (event, claimed) in enumerate(events):
        if event.seq != number or event.previous != head or event_hash(event) != claimed:
            raise JournalBroken(f"event {number} of the journal does not follow the one before")
        head = claimed
    return head
