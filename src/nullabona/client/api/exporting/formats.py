"""A room in one of the three forms, written line by line."""

from __future__ import annotations

import unicodedata
from datetime import tzinfo
from typing import BinaryIO, Final, Literal, Protocol

import msgspec

from nullabona.client.api.exporting.documents import FORMAT, Line, RoomSaid
from nullabona.client.api.exporting.lines import moment
from nullabona.client.api.exporting.words import of_line, phrase, whose_word
from nullabona.client.api.records import MessageInfo
from nullabona.words.catalogue import Language

Form = Literal["json", "text", "html"]
FORMS: Final[tuple[Form, ...]] = ("json", "text", "html")
_encode = msgspec.json.Encoder().encode


class RoomForm(Protocol):
    """One room, being written."""

    def line(self, info: MessageInfo, said: Line) -> None:
        """The next line."""
        ...

    def end(self) -> None:
        """There are no more."""
        ...


class JsonRoom:
    """``room.json``: a `RoomDocument`, one line of the file for each line of the room."""

    def __init__(self, out: BinaryIO, room: RoomSaid) -> None:
        self._out = out
        self._between = b"\n"
        out.write(b'{"format":' + _encode(FORMAT) + b',"room":' + _encode(room) + b',"lines":[')

    def line(self, info: MessageInfo, said: Line) -> None:  # noqa: ARG002 - as every form
        self._out.write(self._between + _encode(said))
        self._between = b",\n"

    def end(self) -> None:
        self._out.write(b"\n]}\n")


class TextRoom:
    """``room.txt``: for reading anywhere. Words cannot pass for another line: what follows the first is indented."""

    def __init__(self, out: BinaryIO, room: RoomSaid, language: Language, zone: tzinfo | None) -> None:
        self._out = out
        self._language = language
        self._zone = zone
        self._day = ""
        names = ", ".join(member.name for member in room.members)
        self._write(one_line(room.title))
        self._write(one_line(phrase("members", language, names=names)))

    def line(self, info: MessageInfo, said: Line) -> None:
        at = moment(info.sent_at).astimezone(self._zone)
        if (day := f"{at:%Y-%m-%d}") != self._day:
            self._day = day
            self._write(f"\n--------------- {day} ---------------")
        nobody = info.notice is not None or info.kind == "told"
        who = "" if nobody else f"{one_line(info.name)}: "
        self._write(f"[{at:%H:%M}] {who}{indented(self._words(info, said))}")

    def _words(self, info: MessageInfo, said: Line) -> str:
        parts = [of_line(info, self._language, self._zone)]
        if said.file is not None:
            where = said.file.path or phrase("not-here", self._language)
            parts.insert(0, f"[{one_line(said.file.name)}, {said.file.size} B, {where}]")
        if said.poll is not None:
            chosen = [choice for choices in said.poll.votes.values() for choice in choices]
            parts += [f"({option}: {chosen.count(place)})" for place, option in enumerate(said.poll.options)]
        parts += [f"{reaction.emoji}{len(reaction.by)}" for reaction in said.reactions]
        marks = [key for key in ("forwarded", "unsent") if getattr(said, key)] + ["edited"] * bool(said.edited_at)
        parts += [f"({phrase(mark, self._language)})" for mark in marks]
        if word := whose_word(info, self._language):
            parts.append(f"({one_line(word)})")
        return " ".join(part for part in parts if part)

    def _write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "replace") + b"\n")

    def end(self) -> None:
        """Nothing follows the last line."""


def one_line(text: str) -> str:
    """``text`` without line breaks and without what moves a cursor or turns the direction of text."""
    return " ".join("".join(c if _shows(c) else " " if c.isspace() else "" for c in text).split())


def indented(text: str) -> str:
    """The same, with line breaks kept: what follows them is indented."""
    return "\n    ".join("".join(c for c in line if _shows(c) or c == "\t") for line in text.splitlines())


def _shows(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
