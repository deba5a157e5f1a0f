"""The journal of the desk: appends to the chain, and reads it back checked (spec/docket.md §6)."""

from __future__ import annotations

from nullabona.docket.core.journal import BEGIN, check_chain, event_hash
from nullabona.docket.core.records import Event
from nullabona.docket.ports import Clock, RandomBytes
from nullabona.docket.store.sqlite import DeskStore


class Journal:
    """Records every state change and every reading of a case: who, when, what; never the place or the program."""

    def __init__(self, store: DeskStore, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes

    def append(self, kind: str, detail: bytes, *, case: bytes | None = None, officer: str | None = None) -> bytes:
        """Enter an event; return the new head. Only inside a transaction."""
        last = self._store.row("last_event")
        seq, previous = (last[0] + 1, last[1]) if last else (0, BEGIN)
        event = Event(seq, self._clock(), kind, case, officer, detail, self._random_bytes(32), previous)
        head = event_hash(event)
        self._store.run("add_event", seq, event.at_s, kind, case, officer, detail, event.nonce, previous, head)
        return head

    def events(self) -> tuple[Event, ...]:
        """The whole journal. Raises `JournalBroken` if it is not whole."""
        rows = [(Event(*row[:8]), row[8]) for row in self._store.rows("events")]
        check_chain(rows)
        return tuple(event for event, _ in rows)

    def of_case(self, case: bytes) -> tuple[Event, ...]:
        """The events of one case."""
        return tuple(Event(*row[:8]) for row in self._store.rows("events_of", case))

    def of_kind(self, kind: str) -> tuple[Event, ...]:
        """The events of one kind."""
        return tuple(Event(*row[:8]) for row in self._store.rows("events_of_kind", kind))
