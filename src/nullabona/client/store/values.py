"""Single values, things seen, blob chunks and the event log: rows that need no decision."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.store.rows import Rows
from nullabona.client.store.statements import STATEMENTS

_GET = STATEMENTS["value_get"]
_SET = STATEMENTS["value_set"]
_DELETE = STATEMENTS["value_delete"]
_SEEN_ADD = STATEMENTS["seen_add"]
_SEEN_LATER = STATEMENTS["seen_later"]
_SEEN_FORGET = STATEMENTS["seen_forget"]
_CHUNK_PUT = STATEMENTS["chunk_put"]
_CHUNK = STATEMENTS["chunk"]
_CHUNKS_DROP = STATEMENTS["chunks_drop"]
_EVENT_LOG = STATEMENTS["event_log"]
_EVENTS = STATEMENTS["events"]
_EVENTS_LAST = STATEMENTS["events_last"]
_EVENTS_FORGET = STATEMENTS["events_forget"]

_SMALL: Final = 4_096
"""Bytes of a value that is kept in memory, at most."""
_MOST_KNOWN: Final = 4_096


class ValueRows(Rows):
    """Single values by name. Small ones are kept in memory: every step asks for some, and few change."""

    __slots__ = ()

    def get_value(self, key: str) -> bytes | None:
        """The value last set, or None if there is none."""
        known = self._known
        if key in known:
            return known[key]
        row = self._one(_GET, (key,))
        value = None if row is None else row[0]
        if value is None or len(value) <= _SMALL:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[key] = value
        return value

    def set_value(self, key: str, value: bytes) -> None:
        """Set or replace a value."""
        self._known.pop(key, None)
        self._write(_SET, (key, value))

    def delete_value(self, key: str) -> None:
        """Forget a value; harmless if there is none."""
        self._known.pop(key, None)
        self._write(_DELETE, (key,))


class SeenRows(Rows):
    """What was seen before, chunks of blobs, and what listeners are shown."""

    __slots__ = ()

    def saw(self, scope: str, hash: bytes, day: int) -> bool:
        """Remember (scope, hash); True if it was new. Seen again on a later day, it is kept for longer."""
        self._write(_SEEN_ADD, (scope, hash, day))
        if self._changes():
            return True
        self._write(_SEEN_LATER, (scope, hash, day))
        return False

    def forget_seen(self, before_day: int) -> None:
        """Forget what was last seen before a day."""
        self._write(_SEEN_FORGET, (before_day,))

    def put_chunk(self, digest: bytes, data: bytes, day: int) -> None:
        """Keep a chunk until ``day`` is past; of two days the later counts."""
        self._write(_CHUNK_PUT, (digest, day, data))

    def chunk(self, digest: bytes) -> bytes | None:
        """A kept chunk, or None."""
        row = self._one(_CHUNK, (digest,))
        return None if row is None else row[0]

    def drop_chunks(self, before_day: int) -> None:
        """Forget the chunks of days before ``before_day``."""
        self._write(_CHUNKS_DROP, (before_day,))

    def log_event(self, kind: str, room: bytes, data: bytes) -> int:
        """Append to the event log and return the id, higher than every id given before."""
        return self._write_id(_EVENT_LOG, (kind, room, data))

    def events(self, after: int, limit: int = 1_000) -> list[LoggedEvent]:
        """The first ``limit`` events with an id above ``after``."""
        return [LoggedEvent(*row) for row in self._all(_EVENTS, (after, limit))]

    def last_event(self) -> int:
        """The id of the newest event in the log; 0 if there is none."""
        row = self._one(_EVENTS_LAST)
        return 0 if row is None else row[0] or 0

    def forget_events(self, upto: int) -> None:
        """Drop the events with ids up to this one, but for invitations that still wait for the person."""
        self._write(_EVENTS_FORGET, (upto,))
