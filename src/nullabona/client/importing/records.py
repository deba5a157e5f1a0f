"""What parsers of other messengers' exports hand out: plain values, one per chat and per line."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec

Service: TypeAlias = Literal["kakaotalk", "telegram", "whatsapp"]
Precision: TypeAlias = Literal["minute", "second"]

MAX_TEXT: Final = 100_000
"""Characters of one line; what is longer goes on in further lines."""
MAX_AUTHOR: Final = 200
MAX_TITLE: Final = 120
MAX_MEDIA: Final = 1_000
EARLIEST: Final = 0
LATEST: Final = 253_370_764_800_000
"""Dates from 1970 to 9998, in ms; what lies outside is not taken for a date."""


class LineKind(enum.StrEnum):
    """What an export says a line is. All but the last two were said by somebody."""

    TEXT = "text"
    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    FILE = "file"
    STICKER = "sticker"
    DELETED = "deleted"
    SYSTEM = "system"
    """The other messenger said it: somebody came, left, was invited."""
    UNPARSED = "unparsed"
    """Not understood, kept as it stands."""


class DayOrder(enum.StrEnum):
    """In which order a date of three numbers is written."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    YEAR_FIRST = "year-first"


class Chat(msgspec.Struct, frozen=True):
    """A chat begins: the lines up to the next one are its. ``key`` tells it from others of its service, or is empty.

    ``title`` is empty where the export does not name the chat; a file's name is no name for a chat.
    """

    title: str
    key: str = ""
    me: str = ""
    """Which author is the person who exported, where the file says so."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of a chat. ``at`` is in ms: by the wall clock of the exporter, or UTC if the layout says so."""

    at: int
    author: str
    text: str
    kind: str
    number: int
    """The line, or the record, of the file that it began with."""
    media: str = ""
    """What the export calls the file that belongs to it, or empty."""
    native: str = ""
    """The other messenger's own number of it, or empty."""
    continued: int = 0
    """How many further lines of the file it holds."""


class Odd(msgspec.Struct, frozen=True, gc=False):
    """Something that was left out or mended, and at which line of the file."""

    number: int
    why: str


Item: TypeAlias = Chat | Line | Odd


@dataclass(frozen=True, slots=True)
class Layout:
    """How an export is written. ``utc``: its times are; else they are a wall clock's."""

    service: Service
    name: str
    precision: Precision
    utc: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What changes how a file is read: what the person answered, and what an earlier reading found out."""

    order: DayOrder | None = None
    names: tuple[str, ...] = ()
    """Authors whose names have in them what ends a name in this layout, the longest first."""
