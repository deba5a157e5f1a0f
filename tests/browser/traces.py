"""What a browser leaves on the disk of what went over a page: all is noted while it happens, and looked for later.

Noted are what comes into fields, from their events, and what the page and its process say to one another. Each event of
a field also makes the browser write down the state of all fields, as it otherwise does every second or so: nothing is
missed because a journey is quick.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, Page, WebSocket

from tests.browser.leveldb import plain_blocks

_NOTE: Final = """() => {
    const flush = history.replaceState.bind(history);
    const note = (event) => {
        const field = event.composedPath()[0];
        if (typeof field.value !== "string") return;
        globalThis.noteTyped?.(field.value);
        flush(history.state, "");
    };
    for (const kind of ["input", "change"]) addEventListener(kind, note, true);
}"""
_SAID: Final = frozenset(
    "account answer body caption client club digits greeting handle id letters message name nickname new note old "
    "option options order passphrase person phrase preview query question quote reply_text room snippet text title "
    "topic url where who words".split()
)
"""The keys of what is said between page and process whose values are of the person, or point to somebody."""
_HARMLESS: Final = frozenset({"nullabona", "everyone", "english", "message", "korean", "unconfirmed"})
OF_CHROMIUM: Final = frozenset(
    "category consider document language original possible priority resource response security".split()
)
"""Of the words that can be among the 24 of an account: those in the names of the browser's own tables and settings."""
SHORTEST: Final = 8
_SHORTEST_HANGUL: Final = 3


class Traces:
    """What went over the pages of one browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.noted: set[str] = set()
        context.expose_binding("noteTyped", lambda _source, text: self.note(text))
        context.add_init_script(f"({_NOTE})()")
        context.on("page", self._watch)
        for page in context.pages:
            self._watch(page)

    def _watch(self, page: Page) -> None:
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        for way in ("framesent", "framereceived"):
            socket.on(way, self._heard)

    def _heard(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            self._said(json.loads(frame))

    def _said(self, said: Any, key: str = "") -> None:  # noqa: ANN401 - any JSON value
        if isinstance(said, dict):
            for name, value in said.items():
                self._said(value, name)
        elif isinstance(said, list):
            for value in said:
                self._said(value, key)
        elif isinstance(said, str) and key in _SAID:
            self.note(said)

    def note(self, text: str) -> None:
        """From now on this is looked for, if it is long enough to be told from chance."""
        for part in {text.strip(), *(line.strip() for line in text.splitlines())} - _HARMLESS - OF_CHROMIUM:
            shortest = SHORTEST if part.isascii() else _SHORTEST_HANGUL
            if len(part) >= shortest:
                self.noted.add(part)

    def found(self, folder: Path) -> dict[str, list[str]]:
        """What of it lies in a folder, in which of its files: as UTF-8 or UTF-16, also in packed tables."""
        hits: dict[str, list[str]] = {}
        for name, data in _contents(folder):
            for text in self.noted:
                if text.encode("utf-8", "replace") in data or text.encode("utf-16-le", "replace") in data:
                    hits.setdefault(text, []).append(name)
        return hits


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file with its name, and what is packed in it."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield name, name.encode()
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            yield name, data
            for block in plain_blocks(data) if path.suffix in {".ldb", ".sst"} else ():
                yield name, block
