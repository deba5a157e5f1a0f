"""KakaoTalk's export on macOS: a table of date, author and message, to the second."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from nullabona.client.importing import kakao_words as words
from nullabona.client.importing.clock import day_ms, time_ms
from nullabona.client.importing.lines import Page
from nullabona.client.importing.records import MAX_AUTHOR, MAX_TEXT, MAX_TITLE, Chat, Item, Layout, Line, LineKind, Odd

LAYOUT: Final = Layout("kakaotalk", "kakaotalk csv", "second")
_HEADER: Final = re.compile(r'"?Date"?,"?User"?,"?Message"?\s*', re.IGNORECASE)
_FIELD: Final = r'(?:"((?:[^"]|"")*)"|([^",]*))'
_ROW: Final = re.compile(rf'"?(\d{{4}})-(\d\d?)-(\d\d?) (\d\d?):(\d\d):(\d\d)"?,{_FIELD},{_FIELD}\s*')
_NAME: Final = re.compile(r"KakaoTalk_Chat_(.{1,400}?)_\d{4}(?:-\d\d){5}\.csv", re.IGNORECASE)
_LONGEST_ROW: Final = 2_000_000


def is_header(line: str) -> bool:
    """The first line of such a table."""
    return _HEADER.fullmatch(line.lstrip("\ufeff")) is not None


def read(pages: Iterable[Page], name: str) -> Iterator[Item]:
    """The chat and its lines. A row that is none is kept as it stands."""
    found = _NAME.fullmatch(name)
    title = found.group(1)[:MAX_TITLE] if found else ""
    yield Chat(title, title)
    last = 0
    for number, row in _rows(pages):
        if number == 1 and is_header(row):
            continue
        for line in _lines(number, row, last):
            if line.at < last:
                yield Odd(number, "time-goes-back")
            last = line.at
            yield line


def _rows(pages: Iterable[Page]) -> Iterator[tuple[int, str]]:
    """Rows with the lines they begin at: a row goes on while a quotation mark is open."""
    held: list[str] = []
    number, first, size, quotes = 0, 1, 0, 0
    for page in pages:
        for text, joined in page:
            number += not joined
            if held and joined:
                held[-1] += text
            elif text or held:
                held.append(text)
                first = number if len(held) == 1 else first
            size += len(text)
            quotes += text.count('"')
            if (held and quotes % 2 == 0) or size > _LONGEST_ROW:
                yield first, "\n".join(held)
                held, size, quotes = [], 0, 0
    if held:
        yield first, "\n".join(held)


def _lines(number: int, row: str, last: int) -> Iterator[Line]:
    found = _ROW.fullmatch(row)
    day = day_ms(*(int(part) for part in found.group(1, 2, 3))) if found else None
    clock = time_ms("", *(int(part) for part in found.group(4, 5, 6))) if found else None
    if found is None or day is None or clock is None:
        yield from _cut(last, "", row, LineKind.UNPARSED, number)
        return
    author, text = (_plain(*found.group(at, at + 1)) for at in (7, 9))
    kind, media = words.meaning(text)
    if author and text.startswith(author) and words.is_system(text):
        kind, media = LineKind.SYSTEM, ""
    yield from _cut(day + clock, author[:MAX_AUTHOR], text, kind, number, media)


def _plain(quoted: str | None, bare: str | None) -> str:
    return quoted.replace('""', '"') if quoted is not None else bare or ""


def _cut(at: int, author: str, text: str, kind: str, number: int, media: str = "") -> Iterator[Line]:
    continued = text.count("\n")
    for start in range(0, max(len(text), 1), MAX_TEXT):
        yield Line(at, author, text[start : start + MAX_TEXT], kind, number, media, "", 0 if start else continued)
        media = ""
