"""A room as pages for any browser: no script, nothing from the network, every word of others escaped."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import tzinfo
from html import escape
from typing import BinaryIO, Final
from urllib.parse import quote

from nullabona.client.api.exporting.documents import FileSaid, Line, RoomEntry, RoomSaid
from nullabona.client.api.exporting.formats import one_line
from nullabona.client.api.exporting.lines import moment
from nullabona.client.api.exporting.place import ExportPlace
from nullabona.client.api.exporting.words import of_line, phrase, whose_word
from nullabona.client.api.records import MessageInfo
from nullabona.words.catalogue import Language

PAGE: Final = 2_000
"""Lines on one page."""
_POLICY: Final = (
    "default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --mine: #d9ecff; --ink: #16181d; --soft: #565d6a;
  --line: #d8dce3 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14161a; --card: #20242b; --mine: #1d3a57; --ink: #eceff4; --soft: #aab2bf; --line: #343a44 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, "Apple SD Gothic Neo", "Noto Sans KR", "Malgun Gothic", sans-serif }
main, header, nav { max-width: 46rem; margin: 0 auto; padding: .75rem 1rem }
nav { display: flex; gap: 1rem; flex-wrap: wrap }
h1 { font-size: 1.35rem; margin: .5rem 0 0 }
header p, time, small, nav { color: var(--soft); font-size: .85rem }
a { color: inherit }
h2 { font-size: .85rem; font-weight: 600; color: var(--soft); text-align: center; margin: 1.5rem 0 .75rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: .5rem .8rem;
  margin: .4rem 15% .4rem 0; width: fit-content; max-width: 85% }
article.mine { background: var(--mine); margin: .4rem 0 .4rem auto }
article.note { background: none; border: 0; margin: .4rem auto; text-align: center; color: var(--soft);
  font-size: .85rem }
article p { margin: .1rem 0; white-space: pre-wrap }
article ul, main > ul { list-style: none; margin: .3rem 0; padding: 0 }
b { font-size: .85rem; margin-right: .5rem }
.mine time, .mine small, .mine blockquote { color: inherit }
img { max-width: 100%; max-height: 28rem; border-radius: .5rem }
audio { max-width: 100% }
blockquote { margin: .2rem 0; padding-left: .6rem; border-left: 3px solid var(--line); color: var(--soft);
  font-size: .9rem }
"""


def _begin(title: str, language: Language) -> str:
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n"
    )


def _text(text: str) -> str:
    """Words of anybody, on one line, as HTML."""
    return escape(one_line(text))


def _words(text: str) -> str:
    """Words of anybody, with their line breaks, as HTML. Direction marks are kept apart by ``<bdi>``."""
    kept = "".join(c if c in "\n\t" or c >= " " else "" for c in text).encode("utf-8", "replace").decode()
    return f"<bdi>{escape(kept)}</bdi>"


class HtmlRoom:
    """``index.html`` and the pages after it."""

    def __init__(
        self, place: ExportPlace, folder: str, room: RoomSaid, lines: int, language: Language, zone: tzinfo | None
    ) -> None:
        self._place = place
        self._folder = folder
        self._room = room
        self._language = language
        self._zone = zone
        self._pages = max(1, -(-lines // PAGE))
        self._number = 0
        self._count = 0
        self._day = ""
        self._open = ExitStack()
        self._out: BinaryIO | None = None
        self._turn()

    def line(self, info: MessageInfo, said: Line) -> None:
        """The next line."""
        if self._count >= PAGE and self._number < self._pages:
            self._turn()
        self._count += 1
        at = moment(info.sent_at).astimezone(self._zone)
        if (day := f"{at:%Y-%m-%d}") != self._day:
            self._day = day
            self._write(f"<h2>{day}</h2>\n")
        if info.notice is not None or info.kind == "told":
            self._write(f'<article class="note"><p>{_words(of_line(info, self._language, self._zone))}</p></article>\n')
            return
        mine = ' class="mine"' if info.mine else ""
        self._write(f'<article{mine} id="m{said.id}"><div><b>{_text(info.name)}</b>')
        self._write(f'<time datetime="{said.time}">{at:%H:%M}</time>{self._marks(info, said)}</div>\n')
        self._write(self._inside(info, said))
        self._write("</article>\n")

    def end(self) -> None:
        """The last page is whole."""
        self._close()

    # -- pages ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        self._close()
        self._number += 1
        self._count = 0
        self._day = ""
        self._out = self._open.enter_context(self._place.new_file("rooms", self._folder, page_name(self._number)))
        names = ", ".join(member.name for member in self._room.members)
        self._write(_begin(self._room.title, self._language))
        self._write(f"<header><h1>{_text(self._room.title)}</h1>")
        self._write(f"<p>{_text(phrase('members', self._language, names=names))}</p></header>\n")
        self._write(self._ways() + "<main>\n")

    def _close(self) -> None:
        if self._out is not None:
            self._write("</main>\n" + self._ways())
        self._open.close()
        self._out = None

    def _ways(self) -> str:
        said = self._language
        ways = [f'<a href="../../index.html">{phrase("all", said)}</a>']
        if self._number > 1:
            ways.append(f'<a rel="prev" href="{page_name(self._number - 1)}">{phrase("older", said)}</a>')
        if self._number < self._pages:
            ways.append(f'<a rel="next" href="{page_name(self._number + 1)}">{phrase("newer", said)}</a>')
        if self._pages > 1:
            ways.append(phrase("page", said, page=self._number, pages=self._pages))
        return f"<nav>{' '.join(ways)}</nav>\n"

    def _write(self, text: str) -> None:
        assert self._out is not None
        self._out.write(text.encode())

    # -- lines ----------------------------------------------------------------------------------------------------

    def _marks(self, info: MessageInfo, said: Line) -> str:
        marks = [key for key in ("forwarded", "pinned", "unsent") if getattr(said, key)] + ["edited"] * bool(
            said.edited_at
        )
        words = [*(phrase(mark, self._language) for mark in marks), whose_word(info, self._language)]
        return "".join(f" <small>({_text(word)})</small>" for word in words if word)

    def _inside(self, info: MessageInfo, said: Line) -> str:
        parts: list[str] = []
        if info.quote is not None:
            key = "gone" if info.quote.kind == "gone" else "answer"
            quoted = phrase(key, self._language, text=info.quote.text, name=info.quote.name)
            parts.append(f"<blockquote>{_words(quoted)}</blockquote>")
        if said.file is not None:
            parts.append(self._file(said.file, said.kind))
        if text := of_line(info, self._language, self._zone):
            parts.append(f"<p>{_words(text)}</p>")
        if said.poll is not None:
            chosen = [choice for choices in said.poll.votes.values() for choice in choices]
            options = (f"<li>{_words(o)} · {chosen.count(place)}</li>" for place, o in enumerate(said.poll.options))
            parts.append(f"<ul>{''.join(options)}</ul>")
        if said.reactions:
            given = " ".join(f"{_text(reaction.emoji)} {len(reaction.by)}" for reaction in said.reactions)
            parts.append(f"<small>{given}</small>")
        return "\n".join(parts) + "\n"

    def _file(self, file: FileSaid, kind: str) -> str:
        name = _text(file.name)
        if file.path is None:
            return f"<p>{name} <small>({phrase('not-here', self._language)})</small></p>"
        link = escape(quote(file.path))
        if kind == "photo":
            return f'<a href="{link}"><img loading="lazy" src="{link}" alt="{name}"></a>'
        if kind == "voice":
            return f'<audio controls preload="none" src="{link}"></audio>'
        return f'<p><a download href="{link}">{name}</a> <small>{file.size:,} B</small></p>'


def page_name(number: int) -> str:
    """The file of a room's page."""
    return "index.html" if number == 1 else f"page-{number}.html"


def contents_page(handle: str, rooms: list[RoomEntry], language: Language) -> bytes:
    """The page that leads to every room."""
    title = phrase("rooms", language)
    entries = "".join(
        f'<li><p><a href="rooms/{escape(quote(room.folder))}/index.html">{_text(room.title)}</a> '
        f"<small>{phrase('lines', language, count=f'{room.lines:,}')}</small></p></li>\n"
        for room in rooms
    )
    about = _text(phrase("of", language, handle=handle))
    head = f"{_begin(title, language)}<header><h1>{title}</h1><p>{about}</p></header>\n"
    return f"{head}<main><ul>\n{entries}</ul></main>\n".encode()
