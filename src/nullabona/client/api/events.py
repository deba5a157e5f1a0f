"""What happened, as a listener sees it. Each event has the id of its place in the profile's log; ids only grow.

Most are facts of the core as they are. Events that are not in the log carry the id of the event before them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from nullabona.client.core.model.facts.account import (
    DevicesChanged,
    HistoryCame,
    OperatorNoticeChanged,
    PreferencesChanged,
    Published,
    RelayMoved,
    SignedOut,
    Warned,
)
from nullabona.client.core.model.facts.base import Happened
from nullabona.client.core.model.facts.messages import (
    MessageChanged,
    MessageGone,
    MessageStateChanged,
    MessageStored,
    NoticeAdded,
    PassingFact,
    ReadMarker,
    Transfer,
    Typing,
)
from nullabona.client.core.model.facts.people import (
    CardChecked,
    ContactAccepted,
    ContactChanged,
    ContactRequested,
    IdentityChanged,
    JoinRequestChanged,
    LinkUsed,
    ProfileChanged,
    RoomRequested,
    RoomRequestGone,
)
from nullabona.client.core.model.facts.rooms import (
    ChangeFailed,
    EpochChanged,
    Joined,
    Leaving,
    Left,
    MemberAdded,
    MemberRemoved,
    Rejoined,
    RelayLostBox,
    Removed,
    RequestRefused,
    RoomChanged,
    RoomMoved,
)
from nullabona.client.core.model.facts.union import PublicFact

__all__ = [
    "CardChecked",
    "ChangeFailed",
    "ConnectionChanged",
    "ContactAccepted",
    "ContactChanged",
    "ContactRequested",
    "DevicesChanged",
    "EpochChanged",
    "Event",
    "EventsForgotten",
    "Happened",
    "HistoryCame",
    "IdentityChanged",
    "JoinRequestChanged",
    "Joined",
    "Leaving",
    "Left",
    "LinkUsed",
    "MemberAdded",
    "MemberRemoved",
    "MessageChanged",
    "MessageGone",
    "MessageReceived",
    "MessageStateChanged",
    "NoticeAdded",
    "OperatorNoticeChanged",
    "OtherEvent",
    "PreferencesChanged",
    "ProfileChanged",
    "Published",
    "ReadMarker",
    "Rejoined",
    "RelayLostBox",
    "RelayMoved",
    "Removed",
    "RequestRefused",
    "RoomChanged",
    "RoomMoved",
    "RoomRequestGone",
    "RoomRequested",
    "SignedOut",
    "Transfer",
    "Typing",
    "Warned",
]


class MessageReceived(MessageStored, frozen=True, tag="message"):
    """Somebody wrote: a text, a file or a poll. ``text`` is what `MessageInfo.text` was when it came.

    The room's last line and unread counts change with it.
    """

    text: str
    sent_at: int
    reply_to: bytes
    shows: str = "text"
    """The kind of the message, as of `MessageInfo`."""


class ConnectionChanged(Happened, frozen=True, tag="connection"):
    """A relay was reached or lost; ``error`` is a code, or empty. Not in the log."""

    relay: str
    lane: str
    connected: bool
    error: str


class EventsForgotten(Happened, frozen=True, tag="events-forgotten"):
    """The events up to this id are no longer in the log: reload rooms, histories and contacts."""


class OtherEvent(Happened, frozen=True, tag="other"):
    """An event without a class of its own: ``imported`` (history came into a room, or was undone), or unknown here."""

    name: str
    room: bytes
    detail: dict[str, Any]


Event: TypeAlias = PublicFact | PassingFact | MessageReceived | ConnectionChanged | EventsForgotten | OtherEvent
