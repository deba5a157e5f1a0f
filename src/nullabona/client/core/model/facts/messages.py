"""Facts about the messages of rooms."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Happened, Logged
from nullabona.client.core.model.records import FileState


class MessageStored(Logged, frozen=True, tag="message"):
    """A text, a file or a poll arrived. The fact does not repeat what the message says."""

    room: bytes
    message: bytes
    account: bytes
    handle: str


class MessageChanged(Logged, frozen=True, tag="message-changed"):
    """A message was edited, deleted for all, reacted to, voted in, closed or pinned, or its timer started.

    Read it again with `Client.messages.get`. If it was deleted, the messages that quote it change too; if it is the
    room's last line, so does the room. Unread counts have their own event, `ReadMarker`.
    """

    room: bytes
    message: bytes


class MessageGone(Logged, frozen=True, tag="message-gone"):
    """A message was erased from this device: it disappeared, was deleted for me, or was discarded.

    Remove it from the screen. Messages that quote it, the room's last line and its unread counts may change too.
    """

    room: bytes
    message: bytes


class NoticeAdded(Logged, frozen=True, tag="notice"):
    """The room's history has a new notice (`MessageInfo.notice`). It does not count as unread."""

    room: bytes
    message: bytes


class MessageStateChanged(Logged, frozen=True, tag="message-state"):
    """An own message was ``sent``, ``delivered`` or ``failed``, or is ``waiting`` again."""

    room: bytes
    message: bytes
    state: str


class ReadMarker(Logged, frozen=True, tag="read"):
    """An account's read marker moved forward."""

    room: bytes
    account: bytes


class HistoryImported(Logged, frozen=True, tag="imported"):
    """A room's history from another messenger was imported, or the import was undone."""

    room: bytes


class Typing(Happened, frozen=True, tag="typing"):
    """An account is writing, until ``until`` (ms) at most; 0: it has stopped. Stored nowhere.

    Writing also ends with the account's next message.
    """

    room: bytes
    account: bytes
    until: int


class Transfer(Happened, frozen=True, tag="transfer"):
    """A file's progress: ``done`` of ``total`` bytes. ``state`` and ``reason`` are the file's. Stored nowhere."""

    room: bytes
    message: bytes
    done: int
    total: int
    state: FileState
    reason: str = ""


MessageFact: TypeAlias = MessageChanged | MessageGone | NoticeAdded | MessageStateChanged | ReadMarker
"""Facts that listeners get unchanged."""
PassingFact: TypeAlias = Typing | Transfer
"""Facts that listeners get at once and that nothing stores."""
