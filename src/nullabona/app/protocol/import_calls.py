"""Calls about history from other messengers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol.call import Call, Done


class ImportName(Struct, frozen=True):
    """Who a name in one chat of an export is: ``me``, an account, or empty: nobody known."""

    chat: int
    """The chat's place in the preview."""
    name: str
    who: str


class ImportView(Struct, frozen=True):
    """What is in the files. ``questions`` have to be answered before anything is stored."""

    chats: list[ImportChat]
    questions: list[Literal["me", "order"]]


class PreviewImport(Call[ImportView], frozen=True):
    """``files`` are what POST /upload answered. ``alone``: places of chats that the person is not in.

    ``zone``: the page's, by whose clock the files' times are read; a name in the time zone database.
    """

    files: list[str]
    names: tuple[ImportName, ...] = ()
    order: Literal["", "day-first", "month-first", "year-first"] = ""
    room: str = ""
    alone: tuple[int, ...] = ()
    zone: str = ""


class StartImport(Call[Done], frozen=True):
    """As `PreviewImport`; what comes of it is pushed as `ImportMoved`."""

    files: list[str]
    names: tuple[ImportName, ...] = ()
    order: Literal["", "day-first", "month-first", "year-first"] = ""
    room: str = ""
    alone: tuple[int, ...] = ()
    zone: str = ""


class CancelImport(Call[Done], frozen=True):
    """Stop the import that runs. What is stored stays; the same files go on, and undoing removes it."""


class ImportList(Struct, frozen=True):
    imports: list[ImportDone]
    running: bool


class GetImports(Call[ImportList], frozen=True):
    pass


class UndoImport(Call[Done], frozen=True):
    id: str


class ImportPerson(Struct, frozen=True):
    """``who``: as of `ImportName`."""

    name: str
    lines: int
    who: str


class ImportOddity(Struct, frozen=True):
    what: str
    count: int
    numbers: list[int]
    """The first lines of the file where it is so."""


class ImportChat(Struct, frozen=True):
    """One chat of the files. ``room``: where it goes by itself; empty: into a new one."""

    service: Literal["kakaotalk", "telegram", "whatsapp"]
    title: str
    lines: int
    first_at: int
    last_at: int
    people: list[ImportPerson]
    files: int
    missing: int
    """Files that the export names and does not have."""
    continued: int
    oddities: list[ImportOddity]
    room: str
    known: bool
    asks_me: bool
    """Who the person is in it, or that they are not in it, has to be said."""
    kinds: dict[str, int]
    """How many lines are what."""


class ImportDone(Struct, frozen=True):
    """An import that was made, or is not finished. ``id`` undoes it with all its chats."""

    id: str
    service: str
    title: str
    room: str
    state: Literal["running", "done", "undoing"]
    lines: int
    done: int
    added: int
    at: int
