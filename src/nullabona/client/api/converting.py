"""From the store's log to typed events. A kind that is not known here becomes an `OtherEvent`, never an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from nullabona.client.api import events as e
from nullabona.client.api.happening import OperatorNoticeChanged
from nullabona.client.core.model.content import File, Text
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.core.timeline.kinds import GONE, stored, words_of

_maps = msgspec.msgpack.Decoder(dict[str, Any])
_Build = Callable[[LoggedEvent, dict[str, Any]], e.Event]


def _contact(row: LoggedEvent, data: dict[str, Any]) -> e.Event:
    if data["state"] == "accepted":
        return e.ContactAccepted(row.id, data["account"], data["handle"])
    return e.ContactChanged(row.id, data["account"], data["handle"], data["state"])


def _warned(row: LoggedEvent, data: dict[str, Any]) -> e.Event:
    return e.Warned(row.id, row.room, data.pop("code"), data)


_BUILD: Final[dict[str, _Build]] = {
    "message-state": lambda r, d: e.MessageStateChanged(r.id, r.room, d["id"], d["state"]),
    "read": lambda r, d: e.ReadMarker(r.id, r.room, d["account"]),
    "contact-request": lambda r, d: e.ContactRequested(r.id, d["account"], d["handle"], d["greeting"]),
    "contact": _contact,
    "card-checked": lambda r, d: e.CardChecked(r.id, d["account"], d["handle"], d["standing"]),
    "joined": lambda r, d: e.Joined(r.id, r.room, d["name"], d["direct"], d["handle"]),
    "room-request": lambda r, d: e.RoomRequested(r.id, r.room, d["account"], d["handle"], d["name"]),
    "room-request-gone": lambda r, _: e.RoomRequestGone(r.id, r.room),
    "member-added": lambda r, d: e.MemberAdded(r.id, r.room, d["account"], d["handle"]),
    "member-removed": lambda r, d: e.MemberRemoved(r.id, r.room, d["account"], d["handle"]),
    "room-changed": lambda r, d: e.RoomChanged(r.id, r.room, d["name"], tuple(d["admins"]), d["timer_s"]),
    "message-changed": lambda r, d: e.MessageChanged(r.id, r.room, d["id"]),
    "message-gone": lambda r, d: e.MessageGone(r.id, r.room, d["id"]),
    "notice": lambda r, d: e.NoticeAdded(r.id, r.room, d["id"]),
    "profile": lambda r, d: e.ProfileChanged(r.id, d["account"]),
    "epoch": lambda r, d: e.EpochChanged(r.id, r.room, d["epoch"]),
    "removed": lambda r, _: e.Removed(r.id, r.room),
    "leaving": lambda r, _: e.Leaving(r.id, r.room),
    "left": lambda r, _: e.Left(r.id, r.room),
    "rejoined": lambda r, d: e.Rejoined(r.id, r.room, d["reason"], d["epoch"]),
    "relay-lost-box": lambda r, d: e.RelayLostBox(r.id, r.room, d["epoch"]),
    "relay-moved": lambda r, d: e.RelayMoved(r.id, d["relay"], d["left"]),
    "room-moved": lambda r, d: e.RoomMoved(r.id, r.room, d["relay"], d["account"]),
    "refused": lambda r, d: e.RequestRefused(r.id, r.room, d["what"], d["code"]),
    "change-failed": lambda r, d: e.ChangeFailed(r.id, r.room, d["reason"]),
    "published": lambda r, d: e.Published(r.id, d["handle"]),
    "warning": _warned,
    "identity-changed": lambda r, d: e.IdentityChanged(r.id, r.room, d["account"], d["handle"], d["was_verified"]),
    "wish": lambda r, d: e.WishChanged(r.id, r.room, d["account"], d["handle"], d["state"]),
    "operator-notice": lambda r, d: OperatorNoticeChanged(r.id, d["id"], d["put_away"]),
    "link-used": lambda r, d: e.LinkUsed(r.id, r.room, d["account"], d["handle"]),
    "devices": lambda r, _: e.DevicesChanged(r.id),
    "history": lambda r, d: e.HistoryCame(r.id, d["messages"], d["whole"]),
    "signed-out": lambda r, _: e.SignedOut(r.id),
    "preferences": lambda r, d: e.PreferencesChanged(r.id, d["scope"]),
}


def to_event(store: Store, row: LoggedEvent) -> e.Event:
    """The event of a row. Runs in the caller's transaction."""
    data = _maps.decode(row.data)
    if row.kind == "message":
        return _message(store, row, data)
    build = _BUILD.get(row.kind)
    try:
        return build(row, dict(data)) if build is not None else e.OtherEvent(row.id, row.kind, row.room, data)
    except KeyError:
        return e.OtherEvent(row.id, row.kind, row.room, data)


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
