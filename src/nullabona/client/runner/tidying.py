"""What a profile forgets by itself: chunks, what was seen, and events that no listener needs any more."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.ports import Store

KEEP_EVENTS: Final = 10_000
"""So many of the newest events stay in the log, whether they were handled or not."""
LISTENER: Final = "listener:default"
"""The key under which the store keeps the id of the event that the last reader handled."""
FORGOTTEN: Final = "events-forgotten"
"""The key under which the store keeps the id of the newest event that was forgotten."""
_KEEP_CHUNKS_DAYS: Final = 35
_KEEP_SEEN_DAYS: Final = 120


def tidy(store: Store, day: int) -> None:
    """Forget what is no longer needed. Runs in the caller's transaction."""
    store.drop_chunks(day - _KEEP_CHUNKS_DAYS)
    store.forget_seen(day - _KEEP_SEEN_DAYS)
    _forget_events(store)


def _forget_events(store: Store) -> None:
    """Events that were handled and are old; where nobody ever read any, those that are old."""
    upto = store.last_event() - KEEP_EVENTS
    handled = handled_upto(store)
    upto = upto if handled is None else min(upto, handled)
    if upto > forgotten_upto(store):
        store.forget_events(upto)
        store.set_value(FORGOTTEN, str(upto).encode())


def handled_upto(store: Store) -> int | None:
    """The id of the event that the default listener handled last; None if there was never one."""
    found = store.get_value(LISTENER)
    return int(found) if found is not None else None


def forgotten_upto(store: Store) -> int:
    """The id up to which events are not in the log any more; 0: it is whole."""
    return int(store.get_value(FORGOTTEN) or b"0")
