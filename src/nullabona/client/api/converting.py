"""Turns rows of the store's log into typed events. An unknown kind becomes an `OtherEvent`, never an error."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, get_args

import msgspec

from nullabona.client.api import events as e
from nullabona.client.core.model.content import File, Text
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.core.timeline.kinds import GONE, stored, words_of

_maps = msgspec.msgpack.Decoder(dict[str, Any])
_CLASSES: Final[dict[str, type[e.Event]]] = {each.kind: each for each in get_args(e.Event)} | {
    "contact": e.ContactChanged,
    "devices": e.DevicesChanged,
    "history": e.HistoryCame,
}
"""The class of each kind of row; its fields are named as the row's data, but for `_SAID_AS`."""
_FIELDS: Final = {each: [field.name for field in fields(each)[1:]] for each in _CLASSES.values()}
_SAID_AS: Final = {"message": "id", "notice": "id"}


def to_event(store: Store, row: LoggedEvent) -> e.Event:
    """The event of a row. Runs in the caller's transaction."""
    data = _maps.decode(row.data)
    if row.kind == "message":
        return _message(store, row, data)
    try:
        return _built(row, data)
    except KeyError:
        return e.OtherEvent(row.id, row.kind, row.room, data)


def _built(row: LoggedEvent, data: dict[str, Any]) -> e.Event:
    made = _CLASSES[row.kind]
    if made is e.Warned:
        return e.Warned(row.id, row.room, data["code"], {name: data[name] for name in data if name != "code"})
    if made is e.RoomChanged:
        return e.RoomChanged(row.id, row.room, data["name"], tuple(data["admins"]), data["timer_s"])
    if made is e.ContactChanged and data["state"] == "accepted":
        made = e.ContactAccepted
    said: list[Any] = [row.room if name == "room" else data[_SAID_AS.get(name, name)] for name in _FIELDS[made]]
    return made(row.id, *said)


def _message(store: Store, row: LoggedEvent, data: dict[str, Any]) -> e.Event:
    message = store.message(row.room, data["id"])
    body = stored(message) if message is not None else None
    reply_to = body.reply_to if isinstance(body, Text | File) else b""
    sent_at = message.sent_at if message is not None else 0
    return e.MessageReceived(
        row.id,
        row.room,
        data["id"],
        data["account"],
        data["handle"],
        words_of(body) if body is not None else "",
        sent_at,
        reply_to,
        message.kind if message is not None else GONE,
    )
