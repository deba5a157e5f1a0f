"""What the API says of imports: plain values. Times are milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

Question: TypeAlias = Literal["me", "order"]
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
_NO_CHATS: Final[Mapping[int | str, ChatAnswers]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ImportedInfo:
    """Where a line came from that another messenger exported; it is on this device only.

    ``what`` is what the export says that it is: ``text``, ``photo``, ``video``, ``voice``, ``file``, ``sticker``,
    ``deleted``, ``system`` (nobody said it) or ``unparsed``. ``precise``: the seconds of its time are known.
    """

    service: str
    author: str
    what: str
    precise: bool
    missing: MissingInfo | None = None
    """Set if it stands for something that the export does not have."""


@dataclass(frozen=True, slots=True)
class MissingInfo:
    """A photo, video, voice message, file or sticker that an export names without having it.

    ``what``: as of `ImportedInfo`; ``name`` of the file, or empty; ``caption``: what was said beside it, or empty;
    ``count``: how many of them.
    """

    what: str
    name: str
    caption: str
    count: int


@dataclass(frozen=True, slots=True)
class ImportPerson:
    """Somebody in an export. ``account``: who that is here, as remembered from before; empty: nobody known."""

    name: str
    lines: int
    account: bytes
    me: bool


@dataclass(frozen=True, slots=True)
class Oddity:
    """Lines that were left out, mended, not understood or doubtful: how many, and the numbers of the first of them."""

    what: str
    count: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImportChat:
    """One chat of an export, as it would be stored."""

    service: str
    title: str
    lines: int
    first_at: int
    last_at: int
    people: tuple[ImportPerson, ...]
    """Those with the most lines first."""
    kinds: dict[str, int]
    continued: int
    """Lines of the file that continue the line before."""
    media_here: int
    media_missing: int
    oddities: tuple[Oddity, ...]
    room: bytes
    """Where it goes unless the person says otherwise: a room with earlier imports of this chat; empty: a new one."""
    known: bool
    """This very export is here already."""
    asks_me: bool
    """Which of its people the person is, or that they are none of them, has to be said."""


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What is in the files, before anything is stored. ``questions`` have to be answered first."""

    chats: tuple[ImportChat, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class ChatAnswers:
    """What the person decided about one chat; it counts more than what they decided about all of them.

    ``me``: their own name in it; empty: they are not in it; None: not said. ``people``: names → handles of contacts,
    or empty: nobody known, whatever was said before.
    """

    me: str | None = None
    people: Mapping[str, str] = field(default_factory=lambda: _NOBODY)


@dataclass(frozen=True, slots=True)
class ImportAnswers:
    """What the person decided. ``me``: their own name in the export; empty: they are not in it; None: not said.

    Several names for ``me``: in each chat the one that is in it. ``order``: of days and months in dates, where the
    file does not tell. ``people``: names → handles of contacts. ``room``: the room or contact whose history it becomes;
    None: as the preview says. ``new``: a room of its own. ``zone``: whose clock the times are of, by its
    name in the time zone database; empty: this machine's. ``chats``: what is different in one chat, by its place in
    the preview, or in all chats of a file, by the file's name.
    """

    me: str | tuple[str, ...] | None = None
    order: Literal["day-first", "month-first", "year-first"] | None = None
    people: Mapping[str, str] = field(default_factory=lambda: _NOBODY)
    room: bytes | str | None = None
    new: bool = False
    zone: str = ""
    chats: Mapping[int | str, ChatAnswers] = field(default_factory=lambda: _NO_CHATS)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come: lines of all its chats."""

    done: int
    total: int
    added: int


@dataclass(frozen=True, slots=True)
class ImportInfo:
    """One chat of an import. ``id`` names the import, and undoes it. ``state``: ``running``, ``done``, ``undoing``."""

    id: bytes
    service: str
    title: str
    room: bytes
    state: str
    total: int
    done: int
    added: int
    """Of those done, the ones that were not here before."""
    files: int
    at: int
