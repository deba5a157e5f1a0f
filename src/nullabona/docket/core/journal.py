"""The journal's hash chain: every event includes the previous event's hash (spec/docket.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.docket.core.records import Event
from nullabona.errors import PeerError
from nullabona.wire.canonical import canonical, read_canonical

_DOMAIN: Final = b"nullabona docket event v1\0"
BATCH: Final = "batch"
"""The kind of an event whose hash is the head in the log's batch."""
READ: Final = "read"
"""The kind of an event that changed nothing: an officer looked at a case."""
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


def encode_journal(events: Iterable[Event]) -> bytes:
    """The events for somebody outside the desk: canonical JSON, one a line."""
    return b"".join(canonical(event) + b"\n" for event in events)


def read_journal(data: bytes) -> tuple[tuple[Event, bytes], ...]:
    """The events of an exported journal, each with its hash. Raises `Malformed` or `JournalBroken`."""
    events = [read_canonical(line, Event, "an event of a journal") for line in data.splitlines()]
    whole = tuple((event, event_hash(event)) for event in events)
    check_chain(whole)
    return whole


@dataclass(frozen=True, slots=True)
class Proven:
    """What the heads in a log prove of a journal."""

    events: int
    """So many, from the first."""
    missing: tuple[int, ...]
    """Periods whose head this journal should have and does not: it is another journal, or was changed."""
    newer: tuple[int, ...]
    """Periods after the last head of this journal: it was exported before them, or its end was cut off."""


def proven_by(events: Sequence[tuple[Event, bytes]], logged: Iterable[tuple[int, bytes]]) -> Proven:
    """Compares a whole journal of (event, hash) with period and head of each batch, in the log's order."""
    places = {each: number for number, (_, each) in enumerate(events, 1)}
    count = 0
    missing: list[int] = []
    newer: list[int] = []
    for period, head in logged:
        at = places.get(head, 0)
        if at > count:
            count, missing, newer = at, [*missing, *newer], []
        else:
            newer.append(period)
    # A batch is an event itself. One that no head in the log is of was made by somebody else.
    if count == 0 or any(event.kind == BATCH for event, _ in events[count:]):
        return Proven(count, (*missing, *newer), ())
    return Proven(count, tuple(missing), tuple(newer))
