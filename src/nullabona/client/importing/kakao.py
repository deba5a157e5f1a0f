"""KakaoTalk's text exports: Windows, Android, iOS; Korean, English, mixed; twelve hours or twenty-four.

Whatever does not begin a line of its own goes on with the line before, or is kept as not understood. Never drops one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from nullabona.client.importing import kakao_stamps as stamps
from nullabona.client.importing import kakao_words as words
from nullabona.client.importing.lines import Page
from nullabona.client.importing.records import MAX_AUTHOR, MAX_TEXT, Chat, Item, Layout, Line, LineKind, Odd
from nullabona.errors import Bug

LAYOUT: Final = Layout("kakaotalk", "kakaotalk text", "minute")
_DAY: Final = 86_400_000
ENDS_A_NAME: Final = " : "
_MOST_CACHED: Final = 20_000
_HEADER_LINES: Final = 6
_UNKNOWN: Final = -1


def is_line(text: str) -> bool:
    """Whether a line can be one of this layout; for telling files apart."""
    if found := stamps.BRACKETED.match(text):
        return stamps.clock_of(found.group(2)) is not None
    if found := stamps.STAMPED.match(text):
        return stamps.stamp_of(found.group(1)) is not None and (found.group(2) == ": " or " : " in found.group(3))
    return False


class KakaoReader:
    """One chat, of one file or of several that follow one another."""

    def __init__(self, name: str, names: Sequence[str] = ()) -> None:
        self._name = name
        self._number = 0
        self._day: int | None = None
        self._at: int | None = None
        self._last = 0
        self._author = ""
        self._kind = ""
        self._parts: list[str] = []
        self._size = 0
        self._first = 0
        self._held: list[str] = []
        self._held_day: int | None = None
        self._early: list[tuple[int, str]] = []
        self._stamps: dict[str, int | None] = {}
        self._heads = [(name, f"{name} : ") for name in names]
        self._fast: Callable[[str], re.Match[str] | None] | None = None
        self._begun = False
        self._header = _HEADER_LINES
        self._out: list[Item] = []

    def read(self, pages: Iterable[Page]) -> Iterator[Item]:
        """The items of a whole file."""
        self._header, self._day = _HEADER_LINES, None
        for page in pages:
            for text, joined in page:
                self._number += not joined
                if joined:
                    self._more(text, joined=True)
                else:
                    self._line(text)
            yield from self._taken()

    def end(self) -> Iterator[Item]:
        """What is left once every file was read."""
        self._release()
        self._flush()
        self._begin(None)
        for number, text in self._early:
            self._out.append(Line(self._last, "", text, LineKind.UNPARSED, number))
        yield from self._taken()

    def _taken(self) -> list[Item]:
        out, self._out = self._out, []
        return out

    # -- one line -------------------------------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        if text.startswith("[") and (found := stamps.BRACKETED.match(text)):
            clock = self._cached(found.group(2), stamps.clock_of)
            if clock is not None and self._day is not None:
                self._said(self._day + clock, found.group(1), found.group(3))
                return
        elif self._fast is not None and (found := self._fast(text)):
            named, said, mark, rest = found.groups()
            begun, time = self._cached(named, stamps.day_of), self._cached(said, stamps.clock_of)
            if begun is not None and time is not None:
                self._stamped(begun + time, mark, rest)
                return
            self._odd("odd-date")
        elif found := stamps.STAMPED.match(text):
            self._fast = next((each.match for each in stamps.FAST if each.match(text)), None)
            at = self._cached(found.group(1), stamps.stamp_of)
            if at is not None:
                self._stamped(at, found.group(2), found.group(3))
                return
            self._odd("odd-date")
        elif text.startswith("-----") and (found := stamps.DASHED.fullmatch(text)):
            day = stamps.day_of(found.group(1))
            if day is not None:
                self._new_day(day)
                return
        if self._header and self._in_header(text):
            return
        self._other(text)

    def _in_header(self, text: str) -> bool:
        self._header -= 1
        if not text.strip() or words.is_saved(text):
            return self._header > 0 and (not self._parts or bool(text.strip()))
        chat = words.header(text)
        if chat is not None and self._header == _HEADER_LINES - 1:
            self._begin(chat)
            return True
        return False

    def _begin(self, chat: Chat | None) -> None:
        if not self._begun:
            self._begun = True
            found = chat or words.header(self._name) or Chat("")
            if found.title:
                self._heads.append((found.title, f"{found.title} : "))
            self._out.append(found)

    def _stamped(self, at: int, mark: str, rest: str) -> None:
        if mark == ", ":
            for name, head in self._heads:
                if rest.startswith(head):
                    self._said(at, name, rest[len(head) :])
                    return
        author, split, text = rest.partition(ENDS_A_NAME)
        if mark == ", " and not split and rest.endswith(" :"):
            author, split, text = rest[:-2], ":", ""
        if mark == ", " and split and not (" " in author and words.is_told(author, rest)):
            self._said(at, author, text)
        else:
            self._said(at, "", rest, LineKind.SYSTEM)

    def _said(self, at: int, author: str, text: str, kind: str = "") -> None:
        """A line begins."""
        if self._held:
            self._release(at)
        self._flush()
        if not self._begun:
            self._begin(None)
        if self._early:
            self._out.extend(Line(at, "", said, LineKind.UNPARSED, number) for number, said in self._early)
            self._early = []
        if at < self._last:
            self._odd("time-goes-back")
        self._at = self._last = at
        self._author, self._kind, self._first = author[:MAX_AUTHOR], kind, self._number
        self._parts, self._size = [text], len(text)
        self._header = 0

    def _new_day(self, day: int) -> None:
        self._flush()
        self._day = day
        self._header = 0

    def _other(self, text: str) -> None:
        """A line without stamp: it goes on with the one before, or KakaoTalk says it, or nobody knows."""
        if self._at is not None and stamps.LONE_DAY.fullmatch(text):
            day = stamps.day_of(text)
            if day is not None and day != self._last // _DAY * _DAY:
                self._held.append(text)
                self._held_day = day
                return
        if self._held:
            self._release()
        if self._day is not None and self._at is not None and words.is_system(text):
            self._said(max(self._day, self._last), "", text, LineKind.SYSTEM)
        elif self._day is not None and self._at is None and text.strip():
            self._said(self._day, "", text, LineKind.SYSTEM if words.is_system(text) else LineKind.UNPARSED)
        elif self._at is None:
            if text.strip() and not stamps.LONE_DAY.fullmatch(text):
                self._early.append((self._number, text))
        else:
            self._more(text, joined=False)

    def _more(self, text: str, *, joined: bool) -> None:
        if self._at is None:
            self._early.append((self._number, text))
        elif not self._parts or self._size + len(text) + (not joined) > MAX_TEXT:
            self._flush()
            self._parts, self._size, self._first = [text], len(text), self._number
        elif joined:
            self._parts[-1] += text
            self._size += len(text)
        else:
            self._parts.append(text)
            self._size += len(text) + 1

    def _release(self, at: int | None = None) -> None:
        """What looked like a new day was one if the next line is of that day; else somebody wrote it."""
        held, self._held = self._held, []
        if at is not None and self._held_day == at // _DAY * _DAY and held:
            held = held[:-1]
        for text in held:
            self._more(text, joined=False)

    def _flush(self) -> None:
        parts = self._parts
        if not parts:
            return
        self._parts = []
        text = parts[0] if len(parts) == 1 else "\n".join(parts).rstrip("\n")
        if self._at is None:
            raise Bug("a line without time")
        kind, media = (self._kind, "") if self._kind else words.meaning(text)
        self._out.append(Line(self._at, self._author, text, kind, self._first, media, "", len(parts) - 1))

    def _cached(self, text: str, find: Callable[[str], int | None]) -> int | None:
        known = self._stamps
        found = known.get(text, _UNKNOWN)
        if found != _UNKNOWN:
            return found
        if len(known) > _MOST_CACHED:
            known.clear()
        found = known[text] = find(text)
        return found

    def _odd(self, why: str) -> None:
        self._out.append(Odd(self._number, why))
