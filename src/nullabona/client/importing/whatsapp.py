"""WhatsApp's exports: ``_chat.txt`` of iOS (in brackets, to the second) and the text of Android."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nullabona.client.importing import whatsapp_dates as dates
from nullabona.client.importing import whatsapp_words as words
from nullabona.client.importing.lines import Page
from nullabona.client.importing.records import (
    MAX_AUTHOR,
    MAX_MEDIA,
    MAX_TEXT,
    MAX_TITLE,
    Chat,
    DayOrder,
    Item,
    Layout,
    Line,
    LineKind,
    Odd,
)

IOS: Final = Layout("whatsapp", "whatsapp ios", "second")
ANDROID: Final = Layout("whatsapp", "whatsapp android", "minute")
ENDS_A_NAME: Final = ": "
_MOST_CACHED: Final = 20_000
_MARKS: Final = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
_BETWEEN: Final = r"[,\u060c]?\s(?:klo\s|um\s|at\s|às\s|à\s)?"
_IN_BRACKETS: Final = re.compile(rf"\[({dates.DATE}){_BETWEEN}({dates.TIME})\]\s?(.*)", re.DOTALL)
_DASHED: Final = re.compile(rf"({dates.DATE}){_BETWEEN}({dates.TIME})\s[-–]\s(.*)", re.DOTALL)
_ATTACHED: Final = re.compile(rf"[{_MARKS}]*<[^<>:]{{1,40}}: ([^<>]{{1,{MAX_MEDIA}}})>[{_MARKS}]*")
_ATTACHED_BEHIND: Final = re.compile(
    rf"[{_MARKS}]*((?:IMG|VID|PTT|AUD|DOC|STK)-\d{{8}}-WA\d+\.\w{{1,8}}) \([^()]{{1,40}}\)[{_MARKS}]*"
    rf"|[{_MARKS}]*(.{{1,{MAX_MEDIA}}}\.\w{{1,8}}) \((?:{words.ATTACHED})\)[{_MARKS}]*"
)
_PHOTO: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_VIDEO: Final = (".mp4", ".mov", ".3gp")
_VOICE: Final = (".opus", ".m4a", ".ogg", ".aac")
_MIMICS: Final = re.compile(
    r'.{0,400}(?:changed the (?:subject|group name)|created group|그룹 이름|주제를).{0,20}["“].*'
)


def layout_of(line: str) -> Layout | None:
    """The layout of a line, if it is one of WhatsApp's."""
    plain = line.lstrip(_MARKS)
    for pattern, layout in ((_IN_BRACKETS, IOS), (_DASHED, ANDROID)):
        found = pattern.match(plain)
        if found is not None and _possible(found.group(1), found.group(2)):
            return layout
    return None


def _possible(date: str, time: str) -> bool:
    numbers = dates.numbers_of(date)
    fits = numbers is not None and any(dates.day_of(numbers, order) is not None for order in DayOrder)
    return fits and dates.clock_of(time) is not None


def orders(pages: Iterable[Page], said: DayOrder | None = None) -> list[DayOrder]:
    """The orders in which the dates of a whole text can be written, the likeliest ones; ``said`` alone if it can be."""
    finder = dates.OrderFinder()
    for page in pages:
        for text, _ in page:
            plain = text.lstrip(_MARKS)
            found = _IN_BRACKETS.match(plain) if plain.startswith("[") else _DASHED.match(plain)
            if found is not None and (numbers := dates.numbers_of(found.group(1))) is not None:
                finder.see(numbers, found.group(2))
    return [said] if said is not None and finder.fits(said) else finder.orders()


def title_of(name: str) -> str:
    """The chat's name by its file's; empty if that does not tell."""
    plain = unicodedata.normalize("NFC", name)
    found = next((found for pattern in words.TITLES if (found := pattern.fullmatch(plain))), None)
    return found.group(1).strip()[:MAX_TITLE] if found else ""


class WhatsAppReader:
    """One chat."""

    def __init__(self, name: str, order: DayOrder, names: Sequence[str] = ()) -> None:
        self._order = order
        self._number = 0
        self._at: int | None = None
        self._author = ""
        self._kind = ""
        self._parts: list[str] = []
        self._size = 0
        self._first = 0
        self._early: list[tuple[int, str]] = []
        self._stamps: dict[tuple[str, str], int | None] = {}
        title = title_of(name)
        self._heads = [(known, f"{known}: ") for known in names]
        self._out: list[Item] = [Chat(title, title)]

    def read(self, pages: Iterable[Page]) -> Iterator[Item]:
        """The items of the whole text."""
        for page in pages:
            for text, joined in page:
                self._number += not joined
                if joined or not self._begins(text):
                    self._more(text, joined=joined)
            yield from self._taken()
        self._flush()
        self._out.extend(Line(self._at or 0, "", said, LineKind.UNPARSED, number) for number, said in self._early)
        yield from self._taken()

    def _taken(self) -> list[Item]:
        out, self._out = self._out, []
        return out

    def _begins(self, text: str) -> bool:
        plain = text.lstrip(_MARKS)
        found = _IN_BRACKETS.match(plain) if plain.startswith("[") else _DASHED.match(plain)
        if found is None:
            return False
        date, time, rest = found.groups()
        at = self._stamp(date, time)
        if at is None:
            self._out.append(Odd(self._number, "odd-date"))
            return False
        self._said(at, rest)
        return True

    def _stamp(self, date: str, time: str) -> int | None:
        known = self._stamps
        if (date, time) not in known:
            if len(known) > _MOST_CACHED:
                known.clear()
            numbers = dates.numbers_of(date)
            day = dates.day_of(numbers, self._order) if numbers is not None else None
            clock = dates.clock_of(time)
            known[date, time] = None if day is None or clock is None else day + clock
        return known[date, time]

    def _said(self, at: int, rest: str) -> None:
        self._flush()
        if self._early:
            self._out.extend(Line(at, "", said, LineKind.UNPARSED, number) for number, said in self._early)
            self._early = []
        if self._at is not None and at < self._at:
            self._out.append(Odd(self._number, "time-goes-back"))
        known = next((name for name, head in self._heads if rest.startswith(head)), "")
        author, split, text = (known, ":", rest[len(known) + 2 :]) if known else rest.partition(ENDS_A_NAME)
        if not split and rest.endswith(":"):
            author, split, text = rest[:-1], ":", ""
        nobody = not split or not author or _MIMICS.fullmatch(rest) is not None
        self._at, self._first = at, self._number
        self._author = "" if nobody else author.strip(_MARKS)[:MAX_AUTHOR]
        self._kind = LineKind.SYSTEM if nobody else ""
        self._parts = [rest if nobody else text]
        self._size = len(self._parts[0])

    def _more(self, text: str, *, joined: bool) -> None:
        if self._at is None:
            if text.strip():
                self._early.append((self._number, text))
        elif self._size + len(text) + (not joined) > MAX_TEXT:
            self._flush()
            self._parts, self._size, self._first = [text], len(text), self._number
        elif joined:
            self._parts[-1] += text
            self._size += len(text)
        else:
            self._parts.append(text)
            self._size += len(text) + 1

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if not parts or self._at is None:
            return
        text = parts[0] if len(parts) == 1 else "\n".join(parts).rstrip("\n")
        kind, media = (self._kind, "") if self._kind else _meaning(text)
        shown = text.strip(_MARKS) if len(parts) == 1 else text.lstrip(_MARKS)
        self._out.append(Line(self._at, self._author, shown, kind, self._first, media, "", len(parts) - 1))


def attached(first: str) -> str:
    """The file that a text's first line attaches; empty if it attaches none."""
    found = _ATTACHED.fullmatch(first) if "<" in first else None
    if found is None and first.rstrip(_MARKS).endswith(")"):
        found = _ATTACHED_BEHIND.fullmatch(first)
    return next(filter(None, found.groups()), "") if found else ""


def _meaning(text: str) -> tuple[str, str]:
    """What a text stands for, and the file that belongs to it."""
    if name := attached(text.partition("\n")[0]):
        return _kind_of(name), name
    plain = text.strip(_MARKS)
    if len(plain) <= words.LONGEST and (kind := words.STANDS_FOR.get(plain.casefold().rstrip("."))):
        return kind, ""
    if text.startswith("\u200e"):
        return LineKind.SYSTEM, ""
    return LineKind.TEXT, ""


def _kind_of(name: str) -> str:
    lower = name.lower()
    if "sticker" in lower:
        return LineKind.STICKER
    kinds = ((_PHOTO, LineKind.PHOTO), (_VIDEO, LineKind.VIDEO), (_VOICE, LineKind.VOICE))
    return next((kind for endings, kind in kinds if lower.endswith(endings)), LineKind.FILE)
