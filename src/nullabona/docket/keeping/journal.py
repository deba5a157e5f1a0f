"""The journal of the desk: appends to the chain, and reads it back checked (spec/docket.md §6)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from nullabona.docket.core.journal import BEGIN, check_chain, event_hash
from nullabona.docket.core.records import Event
from nullabona.docket.ports import Clock, RandomBytes
from nullabona.docket.store.rows import DeskRows


class Journal:
    """Records every state change and every reading of a case: who, when, what; never the place or the program."""

    def __init__(self, store: DeskRows, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes

    def append(self, kind: str, detail: bytes, *, case: bytes | None = None, officer: str | None = None,
               stands_for: str | None = None) -> bytes:  # fmt: skip
        """Enter an event; return the new head. Only inside a transaction."""
        last = self._store.row("last_event")
        seq, previous = (last[0] + 1, last[1]) if last else (0, BEGIN)
        row = (seq, self._clock(), kind, case, officer, detail, self._random_bytes(32), previous, stands_for)
        head = event_hash(_event(row))
        self._store.run("add_event", *row, head)
        return head

    def events(self) -> tuple[Event, ...]:
        """The whole journal. Raises `JournalBroken` if it is not whole."""
        rows = [(_event(row), row[9]) for row in self._store.rows("events")]
        check_chain(rows)
        return tuple(event for event, _ in rows)

    def of_case(self, case: bytes) -> tuple[Event, ...]:
        """The events of one case."""
        return tuple(_event(row) for row in self._store.rows("events_of", case))

    def of_kind(self, kind: str) -> tuple[Event, ...]:
        """The events of one kind."""
        return tuple(_event(row) for row in self._store.rows("events_of_kind", kind))


def _event(row: tuple[Any, ...]) -> Event:
    return Event(*(*row[:8], UNSET if row[8] is None else row[8]))
