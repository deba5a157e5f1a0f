"""What happened with the messages of rooms."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Happened, Logged
from nullabona.client.core.model.records import FileState


class MessageStored(Logged, frozen=True, tag="message"):
    """Somebody wrote: a text, a file or a poll. The log does not repeat what the message says."""

    room: bytes
    message: bytes
    account: bytes
    handle: str


class MessageChanged(Logged, frozen=True, tag="message-changed"):
    """A message looks different: edited, deleted for all, reacted to, voted in, closed, pinned, or its time runs.

    Read it again (`Client.messages.get`). If it was deleted, the messages that quote it change too; if it is the
    room's last line, so does the room. Unread counts have their own event, `ReadMarker`.
    """

    room: bytes
    message: bytes


class MessageGone(Logged, frozen=True, tag="message-gone"):
    """A message is not here any more: it disappeared, was deleted for me, or discarded.

    Take it away; whatever quotes it shows that it is gone; the room's last line and unread counts may be others.
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
    """An account has read further."""

    room: bytes
    account: bytes


class HistoryImported(Logged, frozen=True, tag="imported"):
    """History of another messenger came into a room, or its import was undone."""

    room: bytes


class Typing(Happened, frozen=True, tag="typing"):
    """Somebody is writing, at most until ``until`` (ms); 0: has stopped. Not in the log.

    It also ends with the next message of that account.
    """

    room: bytes
    account: bytes
    until: int


class Transfer(Happened, frozen=True, tag="transfer"):
    """A file has come further: ``done`` of ``total`` bytes. ``state`` and ``reason`` as of its file. Not in the log."""

    room: bytes
    message: bytes
    done: int
    total: int
    state: FileState
    reason: str = ""


MessageFact: TypeAlias = MessageChanged | MessageGone | NoticeAdded | MessageStateChanged | ReadMarker
"""What listeners get as it is."""
PassingFact: TypeAlias = Typing | Transfer
"""What listeners see at once, and nobody keeps."""
