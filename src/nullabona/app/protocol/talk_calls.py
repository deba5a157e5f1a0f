"""Calls about conversations."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call, Done


class RoomPage(Struct, frozen=True):
    room: v.Room
    page: v.Page


class OpenRoom(Call[RoomPage], frozen=True):
    """A room and its messages around the first unread one, or the newest. The page is told of its changes."""

    room: str
    limit: int = 60


class CloseRoom(Call[Done], frozen=True):
    room: str


class GetMessages(Call[v.Page], frozen=True):
    """Messages before, after or around a place; with none of them the newest."""

    room: str
    before: str = ""
    after: str = ""
    around: str = ""
    """Id of a message."""
    limit: int = 100


class Unread(Struct, frozen=True):
    counts: dict[str, int | None]


class GetUnread(Call[Unread], frozen=True):
    """How many have not read the messages between two places, both included, by message id."""

    room: str
    first: str
    last: str


class Words(Struct, frozen=True):
    text: str
    spans: list[v.Span]


class GetText(Call[Words], frozen=True):
    """All the words of a message that was `cut`."""

    room: str
    message: str


class SendText(Call[v.Message], frozen=True):
    """``mentions`` are accounts; ``client`` comes back in the message."""

    room: str
    text: str
    client: str
    reply_to: str = ""
    mentions: tuple[str, ...] = ()


class SendFile(Call[v.Message], frozen=True):
    """``upload`` is what POST /upload answered; ``album``: 32 hex digits that photos have which are sent together."""

    room: str
    upload: str
    client: str
    caption: str = ""
    reply_to: str = ""
    kind: Literal["file", "photo", "voice"] = "file"
    duration_ms: int = 0
    levels: tuple[int, ...] = ()
    album: str = ""


class EditMessage(Call[Done], frozen=True):
    room: str
    message: str
    text: str
    mentions: tuple[str, ...] = ()


class DeleteMessages(Call[Done], frozen=True):
    room: str
    messages: list[str]
    for_all: bool


class React(Call[Done], frozen=True):
    """``emoji`` empty takes the reaction back."""

    room: str
    message: str
    emoji: str


class Forward(Call[Done], frozen=True):
    room: str
    messages: list[str]
    to: list[str]


class Retry(Call[Done], frozen=True):
    room: str
    message: str


class Discard(Call[Done], frozen=True):
    """Give up a failed message."""

    room: str
    message: str


class FetchFile(Call[Done], frozen=True):
    room: str
    message: str


class CancelTransfer(Call[Done], frozen=True):
    room: str
    message: str


class SendPoll(Call[v.Message], frozen=True):
    room: str
    question: str
    options: list[str]
    multiple: bool
    client: str


class Vote(Call[Done], frozen=True):
    room: str
    message: str
    choices: list[int]


class ClosePoll(Call[Done], frozen=True):
    room: str
    message: str


class PinMessage(Call[Done], frozen=True):
    room: str
    message: str
    on: bool


class MarkRead(Call[Done], frozen=True):
    """``message`` empty: all of the room."""

    room: str
    message: str = ""


class SetDraft(Call[Done], frozen=True):
    room: str
    text: str
    reply_to: str = ""


class SetTyping(Call[Done], frozen=True):
    """Told to the others only if the person wants that."""

    room: str
    on: bool


class SetRoom(Call[Done], frozen=True):
    """How this device shows a room; None leaves a thing as it is. ``mute_s`` 0 ends it."""

    room: str
    pinned: bool | None = None
    archived: bool | None = None
    mute_s: int | Literal["always"] | None = None
    marked_unread: bool | None = None


class Search(Call[v.Found], frozen=True):
    """``room`` empty: everywhere. ``before`` goes on after the last result's place, within one room.

    ``person``: said by anyone who is called that. ``since``, ``until``: sent from a time on, before another; 0:
    whenever.
    """

    text: str
    room: str = ""
    before: str = ""
    limit: int = 30
    person: str = ""
    since: int = 0
    until: int = 0


class GetMedia(Call[v.Page], frozen=True):
    """Photos and files of a room, newest first."""

    room: str
    kind: Literal["photo", "file", "voice"]
    before: str = ""
    limit: int = 60
