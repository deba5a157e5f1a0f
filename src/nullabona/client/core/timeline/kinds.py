"""Derives from a body what a message's row stores of it: kind, whether it is shown and counted (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.client.core.model.content import (
    Attachment,
    Backfill,
    BackfillRequest,
    ClosePoll,
    Delete,
    Deleted,
    Edit,
    File,
    Gone,
    Imported,
    Notice,
    Pin,
    Poll,
    Profile,
    React,
    Stored,
    Text,
    Vote,
    decode_body,
    encode_body,
)
from nullabona.client.core.model.records import Message
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.step import Step
from nullabona.errors import Bug

TEXT: Final = "text"
POLL: Final = "poll"
NOTICE: Final = "notice"
DELETED: Final = "deleted"
GONE: Final = "gone"
EDIT: Final = "edit"
DELETE: Final = "delete"
REACT: Final = "react"
VOTE: Final = "vote"
CLOSE: Final = "close"
PIN: Final = "pin"
PROFILE: Final = "profile"
BACKFILL: Final = "backfill"
"""A request for the lines of a gap, or a part of the answer; not shown, and dropped once everybody has it."""
FILES: Final = frozenset({"file", "photo", "voice"})
SPOKEN: Final = FILES | {TEXT, POLL}
"""Kinds of lines that somebody said."""

_KINDS: Final[dict[type, str]] = {
    Text: TEXT,
    Poll: POLL,
    Notice: NOTICE,
    Deleted: DELETED,
    Gone: GONE,
    Edit: EDIT,
    Delete: DELETE,
    React: REACT,
    Vote: VOTE,
    ClosePoll: CLOSE,
    Pin: PIN,
    Profile: PROFILE,
    BackfillRequest: BACKFILL,
    Backfill: BACKFILL,
}


def attachment_of(body: Stored) -> Attachment | None:
    """The file of a line, or None."""
    return body.attachment if isinstance(body, File | Imported) else None


def kind_of(body: Stored) -> str:
    return body.attachment.kind if isinstance(body, File) else _KINDS[type(body)]


def stored(message: Message) -> Stored:
    """The body of a row. Raises `Bug` if the row holds anything else, as only we write rows."""
    body = decode_body(message.body)
    if isinstance(body, File | Imported) or type(body) in _KINDS:
        return body  # type: ignore[return-value]
    raise Bug("a message row holds something that is no message")


def entitled(info: RoomInfo, account: bytes, body: Stored) -> bool:
    """Whether ``account`` may now do to others' lines what ``body`` does: pin, or as an admin anything else."""
    return info.may_pin(account) if isinstance(body, Pin) else account in info.admins


def filled(step: Step, message: Message, body: Stored, *, entitled: bool = False) -> Message:
    """``message`` with ``body`` and everything that is derived from it; ``entitled``: see the function `entitled`."""
    shown = isinstance(body, Text | File | Poll | Notice | Deleted)
    return replace(
        message,
        body=encode_body(body),
        kind=kind_of(body),
        shown=shown,
        unread=_unread(step, message, body),
        together=together(message.account, body),
        about=b"" if shown else getattr(body, "target", message.about),
        entitled=entitled,
        timer_s=body.timer_s if isinstance(body, Text | File | Poll) else 0,
    )


def together(account: bytes, body: Stored) -> bytes:
    """A value that only the photos of one album share; empty for any other line."""
    return account + body.album if isinstance(body, File) and body.album else b""


def _unread(step: Step, message: Message, body: Stored) -> int:
    if message.account == step.local.account or not isinstance(body, Text | File | Poll):
        return 0
    if isinstance(body, Poll):
        return 1
    if step.local.account in body.mentions:
        return 2
    answered = step.store.message(message.room, body.reply_to) if body.reply_to else None
    return 2 if answered is not None and answered.account == step.local.account else 1


def words_of(body: Stored) -> str:
    """The words of a line as people read them: the text, the caption, the question."""
    if isinstance(body, Text | Imported):
        return body.text
    if isinstance(body, File):
        return body.caption
    return body.question if isinstance(body, Poll) else ""


def found_by(body: Stored) -> str:
    """The text in which a search looks: words, file name, the options of a poll."""
    said = attachment_of(body)
    if said is not None:
        return f"{words_of(body)} {said.name}".strip()
    if isinstance(body, Poll):
        return " ".join([body.question, *body.options])
    return words_of(body)


def brief(body: Stored) -> str:
    """The text that a quote shows: the line's words, or the name of a file without words."""
    said = attachment_of(body)
    return words_of(body) or (said.name if said is not None else "")
