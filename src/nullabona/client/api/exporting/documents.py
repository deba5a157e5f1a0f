"""What an export says in JSON. The schema in docs/export.schema.json is made from these types.

The same profile gives the same bytes, today and after a restore: nothing here depends on the device or on the time of
the export.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

FORMAT = "nullabona export 1"

Hex = Annotated[str, Meta(pattern="^[0-9a-f]*$")]


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody: ``account`` is what stays when names and handles change."""

    account: Hex
    handle: str
    name: str
    admin: bool = False


class FileSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file. ``path``: relative to the folder of its room; absent if its bytes were not on the device."""

    name: str
    mime: str
    size: int
    path: str | None = None
    width: int = 0
    height: int = 0
    duration_ms: int = 0


class ReactionSaid(msgspec.Struct, frozen=True):
    """One emoji and the accounts that gave it."""

    emoji: str
    by: tuple[Hex, ...]


class PollSaid(msgspec.Struct, frozen=True):
    """A poll. ``votes``: for each account the options that it chose, counted from 0."""

    question: str
    options: tuple[str, ...]
    multiple: bool
    closed: bool
    votes: dict[Hex, tuple[int, ...]]


class NoticeSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened in the room. ``what`` is a code, ``others`` whom it happened to."""

    what: str
    by: Hex = ""
    others: tuple[Hex, ...] = ()
    text: str = ""


class ImportedSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """The line came from another messenger's export; its ``text`` has the words of that.

    ``what``: what the export says that it is. A ``photo``, ``video``, ``voice``, ``file`` or ``sticker`` without a file
    here was not in the export.
    """

    service: Literal["kakaotalk", "telegram", "whatsapp"]
    author: str = ""
    what: str = "text"


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a room. Fields that say nothing are absent."""

    id: Hex
    at: int
    """When its sender says that it was sent, in ms since 1970."""
    time: str
    """The same in UTC, as RFC 3339."""
    kind: Literal["text", "file", "photo", "voice", "poll", "notice", "deleted", "told"]
    """``told``: an imported line that nobody said."""
    account: Hex = ""
    """The sender."""
    name: str = ""
    """What the sender was called when this was exported."""
    mine: bool = False
    text: str = ""
    reply_to: Hex = ""
    mentions: tuple[Hex, ...] = ()
    forwarded: bool = False
    edited_at: int = 0
    pinned: bool = False
    unsent: bool = False
    """It never left the device."""
    timer_s: int = 0
    """It disappears so many seconds after it was read."""
    deleted_by: Hex = ""
    reactions: tuple[ReactionSaid, ...] = ()
    poll: PollSaid | None = None
    file: FileSaid | None = None
    notice: NoticeSaid | None = None
    imported: ImportedSaid | None = None
    told_by: Hex = ""
    """Who handed it over after a restore. If that is not the sender, nothing else says that this was said."""


class RoomSaid(msgspec.Struct, frozen=True):
    """A room. ``members``: those who were in it, as far as the device knew."""

    id: Hex
    title: str
    direct: bool
    timer_s: int
    members: tuple[Named, ...]


class RoomDocument(msgspec.Struct, frozen=True):
    """A file ``room.json``: one room with every line, the oldest first."""

    format: Literal["nullabona export 1"]
    room: RoomSaid
    lines: tuple[Line, ...]


class RoomEntry(msgspec.Struct, frozen=True):
    """The location of a room in an export."""

    id: Hex
    title: str
    folder: str
    lines: int
    files: int


class ExportDocument(msgspec.Struct, frozen=True):
    """The file ``export.json``: what the whole export holds. It is written last."""

    format: Literal["nullabona export 1"]
    account: Named
    formats: tuple[Literal["json", "text", "html"], ...]
    rooms: tuple[RoomEntry, ...]
    contacts: tuple[Named, ...]
