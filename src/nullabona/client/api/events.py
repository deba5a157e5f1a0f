"""What happened, as a listener sees it. Each event has the id of its place in the profile's log; ids only grow.

`ConnectionChanged` is not in the log: it carries the id of the event before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from nullabona.client.api.happening import Happened, OperatorNoticeChanged
from nullabona.client.api.people_events import (
    CardChecked,
    ContactAccepted,
    ContactChanged,
    ContactRequested,
    IdentityChanged,
    RoomRequested,
    RoomRequestGone,
)
from nullabona.client.api.relay_events import RelayLostBox, RelayMoved, RoomMoved

__all__ = [
    "CardChecked",
    "ContactAccepted",
    "ContactChanged",
    "ContactRequested",
    "Happened",
    "IdentityChanged",
    "OperatorNoticeChanged",
    "RelayLostBox",
    "RelayMoved",
    "RoomMoved",
    "RoomRequestGone",
    "RoomRequested",
]
"""Event classes that are defined in other files than this one."""


@dataclass(frozen=True, slots=True)
class MessageReceived(Happened):
    """Somebody wrote: a text, a file or a poll. ``text`` is what `MessageInfo.text` was when it came.

    The room's last line and unread counts change with it.
    """

    kind = "message"
    room: bytes
    message: bytes
    account: bytes
    handle: str
    text: str
    sent_at: int
    reply_to: bytes
    shows: str = "text"
    """The kind of the message, as of `MessageInfo`."""


@dataclass(frozen=True, slots=True)
class MessageChanged(Happened):
    """A message looks different: edited, deleted for all, reacted to, voted in, closed, pinned, or its time runs.

    Read it again (`Client.messages.get`). If it was deleted, the messages that quote it change too; if it is the
    room's last line, so does the room. Unread counts have their own event, `ReadMarker`.
    """

    kind = "message-changed"
    room: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class MessageGone(Happened):
    """A message is not here any more: it disappeared, was deleted for me, or discarded.

    Take it away; whatever quotes it shows that it is gone; the room's last line and unread counts may be others.
    """

    kind = "message-gone"
    room: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class NoticeAdded(Happened):
    """The room's history has a new notice (`MessageInfo.notice`). It does not count as unread."""

    kind = "notice"
    room: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class ProfileChanged(Happened):
    """An account is called otherwise or looks different: names and pictures everywhere; titles of direct rooms."""

    kind = "profile"
    account: bytes


@dataclass(frozen=True, slots=True)
class Typing(Happened):
    """Somebody is writing, at most until ``until`` (ms); 0: has stopped. Not in the log.

    It also ends with the next message of that account.
    """

    kind = "typing"
    room: bytes
    account: bytes
    until: int


@dataclass(frozen=True, slots=True)
class MessageStateChanged(Happened):
    """An own message was ``sent``, ``delivered`` or ``failed``."""

    kind = "message-state"
    room: bytes
    message: bytes
    state: str


@dataclass(frozen=True, slots=True)
class ReadMarker(Happened):
    """An account has read further."""

    kind = "read"
    room: bytes
    account: bytes


@dataclass(frozen=True, slots=True)
class Joined(Happened):
    """This account is in a room; ``handle`` invited it."""

    kind = "joined"
    room: bytes
    name: str
    direct: bool
    handle: str


@dataclass(frozen=True, slots=True)
class DevicesChanged(Happened):
    """A device of this account came, went, or is called something else."""

    kind = "devices-changed"


@dataclass(frozen=True, slots=True)
class HistoryCame(Happened):
    """What was said before this device was linked: so many messages are here; ``whole``: those are all."""

    kind = "history-came"
    messages: int
    whole: bool


@dataclass(frozen=True, slots=True)
class SignedOut(Happened):
    """This device is none of the account's any more: another one revoked it, or the account was restored elsewhere."""

    kind = "signed-out"


@dataclass(frozen=True, slots=True)
class MemberAdded(Happened):
    """An account came into a room."""

    kind = "member-added"
    room: bytes
    account: bytes
    handle: str


@dataclass(frozen=True, slots=True)
class MemberRemoved(Happened):
    """An account is out of a room."""

    kind = "member-removed"
    room: bytes
    account: bytes
    handle: str


@dataclass(frozen=True, slots=True)
class RoomChanged(Happened):
    """A room's name, admins or timer changed."""

    kind = "room-changed"
    room: bytes
    name: str
    admins: tuple[bytes, ...]
    timer_s: int = 0


@dataclass(frozen=True, slots=True)
class EpochChanged(Happened):
    """A room has new keys and a new box."""

    kind = "epoch"
    room: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Removed(Happened):
    """Somebody removed this account from a room."""

    kind = "removed"
    room: bytes


@dataclass(frozen=True, slots=True)
class Leaving(Happened):
    """We asked to leave a room; any other member carries it out."""

    kind = "leaving"
    room: bytes


@dataclass(frozen=True, slots=True)
class Left(Happened):
    """We are out of a room by our own wish."""

    kind = "left"
    room: bytes


@dataclass(frozen=True, slots=True)
class Rejoined(Happened):
    """This device found its way back into a room; ``reason`` says why it had to."""

    kind = "rejoined"
    room: bytes
    reason: str
    epoch: int


@dataclass(frozen=True, slots=True)
class RequestRefused(Happened):
    """The relay will never take something of ours; ``what`` it was, and the wire code."""

    kind = "refused"
    room: bytes
    what: str
    code: str


@dataclass(frozen=True, slots=True)
class ChangeFailed(Happened):
    """A wanted change of a room cannot be made."""

    kind = "change-failed"
    room: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Published(Happened):
    """The directory has taken our card."""

    kind = "published"
    handle: str


@dataclass(frozen=True, slots=True)
class Warned(Happened):
    """Something outside is not as it should be. ``detail`` holds what is known, by name."""

    kind = "warning"
    room: bytes
    code: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionChanged(Happened):
    """A relay was reached or lost; ``error`` is a code, or empty. Not in the log."""

    kind = "connection"
    relay: str
    lane: str
    connected: bool
    error: str


@dataclass(frozen=True, slots=True)
class EventsForgotten(Happened):
    """The events up to this id are no longer in the log: reload rooms, histories and contacts."""

    kind = "events-forgotten"


@dataclass(frozen=True, slots=True)
class Transfer(Happened):
    """A file has come further: ``done`` of ``total`` bytes. ``state`` and ``reason`` as of its file. Not in the log."""

    kind = "transfer"
    room: bytes
    message: bytes
    done: int
    total: int
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class LinkUsed(Happened):
    """Somebody follows a link of ours into a group and is being added."""

    kind = "link-used"
    room: bytes
    account: bytes
    handle: str


@dataclass(frozen=True, slots=True)
class WishChanged(Happened):
    """A join request changed. ``state`` as in `WishInfo`, ``withdrawn``, or ``over``: fulfilled, forgotten, old."""

    kind = "wish"
    room: bytes
    account: bytes
    handle: str
    state: str


@dataclass(frozen=True, slots=True)
class PreferencesChanged(Happened):
    """The person chose something. ``scope``: ``profile``, or ``room:`` or ``contact:`` and an id in hex."""

    kind = "preferences"
    scope: str


@dataclass(frozen=True, slots=True)
class OtherEvent(Happened):
    """An event without a class of its own: ``imported`` (history came into a room, or was undone), or unknown here."""

    kind = "other"
    name: str
    room: bytes
    detail: dict[str, Any]


Event: TypeAlias = (
    MessageReceived
    | MessageChanged
    | MessageGone
    | NoticeAdded
    | ProfileChanged
    | Typing
    | MessageStateChanged
    | ReadMarker
    | CardChecked
    | ContactRequested
    | ContactAccepted
    | ContactChanged
    | Joined
    | RoomRequested
    | RoomRequestGone
    | MemberAdded
    | MemberRemoved
    | RoomChanged
    | EpochChanged
    | Removed
    | Leaving
    | Left
    | Rejoined
    | RelayLostBox
    | RelayMoved
    | RoomMoved
    | RequestRefused
    | ChangeFailed
    | Published
    | Warned
    | ConnectionChanged
    | EventsForgotten
    | Transfer
    | IdentityChanged
    | LinkUsed
    | WishChanged
    | OperatorNoticeChanged
    | PreferencesChanged
    | DevicesChanged
    | HistoryCame
    | SignedOut
    | OtherEvent
)
