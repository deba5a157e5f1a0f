"""Turns rows of the store's log into events. An unknown kind becomes an `OtherEvent`, never an error."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from nullabona.client.api.events import Event, MessageReceived, OtherEvent
from nullabona.client.core.model.content import File, Text
from nullabona.client.core.model.facts.messages import HistoryImported, MessageStored
from nullabona.client.core.model.facts.union import logged_fact
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.core.timeline.kinds import GONE, stored, words_of

_maps: Final = msgspec.msgpack.Decoder(dict[str, Any])


def to_event(store: Store, row: LoggedEvent) -> Event:
    """The event of a row. Runs in the caller's transaction."""
    try:
        fact = logged_fact(row)
    except msgspec.ValidationError:
        said = _maps.decode(row.data)
        detail = {name: said[name] for name in said if name not in {"kind", "room"}}
        return OtherEvent(row.kind, row.room, detail, id=row.id)
    match fact:
        case MessageStored():
            return _message(store, fact)
        case HistoryImported():
            return OtherEvent(fact.kind, fact.room, {}, id=fact.id)
        case _:
            return fact


def _message(store: Store, fact: MessageStored) -> MessageReceived:
    message = store.message(fact.room, fact.message)
    body = stored(message) if message is not None else None
    return MessageReceived(
        *(fact.room, fact.message, fact.account, fact.handle),
        words_of(body) if body is not None else "",
        message.sent_at if message is not None else 0,
        body.reply_to if isinstance(body, Text | File) else b"",
        message.kind if message is not None else GONE,
        id=fact.id,
    )
