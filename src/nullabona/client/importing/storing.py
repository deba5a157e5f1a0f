"""Imported lines into the store, many in one transaction, so that an import can stop anywhere and go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final, NamedTuple

from nullabona.client.core.model.content import Attachment, Imported, encode_body
from nullabona.client.core.model.imports import Import
from nullabona.client.core.model.ports import ImportedRow, Store
from nullabona.client.core.timeline.search import Cutter, place_words
from nullabona.client.importing.placing import CLOCKS_APART, Placer, in_order, position_at
from nullabona.client.importing.records import Layout, Line, LineKind

TEXT: Final = "text"
TOLD: Final = "told"
"""The kind of a line that nobody said."""
_TOLD: Final = frozenset({LineKind.SYSTEM, LineKind.UNPARSED})
_HOUR: Final = 3_600_000
_LOWEST: Final = -(1 << 62)
Keep = Callable[[Store, bytes, Line], Attachment | None]
"""Keeps the file of a line, under the message's id, if the export has it."""


def no_files(_store: Store, _id: bytes, _line: Line) -> None:
    """For exports without media."""


class _Author(NamedTuple):
    account: bytes
    """Empty if nobody here is this author."""
    words: str
    """What all that the author said in the room is found by."""


class Writer:
    """Stores the lines of one chat. ``people``: which account an author is; ``offset``: what a wall clock is ahead."""

    def __init__(
        self,
        kept: Import,
        layout: Layout,
        *,
        salt: bytes,
        people: Mapping[str, bytes],
        offset: Callable[[int], int],
        keep: Keep = no_files,
        fresh: bool = False,
    ) -> None:
        self.kept = kept
        self._layout = layout
        self._people = people
        self._offset = offset
        self._keep = keep
        self._fresh = fresh
        """The room has no other imported lines: nothing can be there already."""
        self._placer = Placer(salt, kept.key)
        self._cutter = Cutter()
        self._offsets: dict[int, int] = {}
        self._authors: dict[str, _Author] = {}
        self._precise = layout.precision == "second"
        self._at = 0
        self._skipped = b""
        self._last: int | None = None
        self._stood: int | None = None

    def skip(self, lines: Sequence[Line]) -> int:
        """How many of the next lines an earlier attempt has stored; they must not be given to `add`."""
        count = min(len(lines), max(0, self.kept.done - self._at))
        if count:
            self._skipped = self._placer.place(lines[:count])[-1][0]
            self._stood = in_order([self._utc(line.at) for line in lines[:count]], self._stood)[-1]
            self._at += count
        return count

    def add(self, store: Store, lines: Sequence[Line]) -> Import:
        """Store what is not there yet, and how far that is, in the caller's transaction."""
        placed = self._placer.place(lines)
        utc = [self._utc(line.at) for line in lines]
        stands = in_order(utc, self._stood)
        known = self._there(store, [id for id, _ in placed], utc, stands)
        taken = set(known.values())
        ceilings = _ceilings([known.get(id) for id, _ in placed])
        rows: list[ImportedRow] = []
        words: list[tuple[int, str]] = []
        room, run, service, precise = self.kept.room, self.kept.id, self._layout.service, self._precise
        authors, cut = self._authors, self._cutter.words
        files, last = 0, self._last_position(store)
        numbered = enumerate(zip(lines, utc, stands, placed, ceilings, strict=True), self.kept.first + self._at)
        for row, (line, at, stand, (id, number), ceiling) in numbered:
            if id in known:
                last = known[id]
                continue
            position = position_at(stand, number if stand == at else 0)
            if not last < position < ceiling:
                position = last + 1
            if taken:
                position = _free(position, taken)
            known[id] = last = position
            name, text, what = line.author, line.text, line.kind
            author = authors.get(name) or self._author(name)
            said = self._keep(store, id, line) if line.media else None
            body = encode_body(Imported(service, name, text, what, precise, said))
            kind = TEXT if what not in _TOLD else TOLD
            if said is not None:
                files += 1
                kind, text = said.kind, f"{text} {said.name}"
            rows.append((row, room, id, author.account, run, at, position, body, kind))
            words.append((row, cut(author.words, at, text)))
        store.add_imported(rows, words)
        self._at += len(lines)
        if lines:
            self._last, self._stood = last, stands[-1]
        kept = self.kept
        self.kept = replace(kept, done=kept.done + len(lines), added=kept.added + len(rows), files=kept.files + files)
        store.put_import(self.kept)
        return self.kept

    def _there(self, store: Store, ids: Sequence[bytes], utc: Sequence[int], stands: Sequence[int]) -> dict[bytes, int]:
        """The positions of messages near these lines, and of those lines that are there already, wherever they are.

        They may have been imported where the clock showed another time, or from a file that put them elsewhere.
        """
        if not ids or (self._fresh and utc is stands):
            return {}
        room = self.kept.room
        known = store.places(room, position_at(min(stands) - CLOCKS_APART), position_at(max(stands) + CLOCKS_APART))
        for id, at, stand in zip(ids, utc, stands, strict=True):
            if id not in known and (not self._fresh or at != stand):
                message = store.message(room, id)
                if message is not None:
                    known[id] = message.position
        return known

    def _last_position(self, store: Store) -> int:
        """The position of the line before; below all others if there is none."""
        if self._last is None:
            before = store.message(self.kept.room, self._skipped) if self._skipped else None
            self._last = before.position if before is not None else _LOWEST
        return self._last

    def _utc(self, at: int) -> int:
        if self._layout.utc:
            return at
        hour = at // _HOUR
        found = self._offsets.get(hour)
        if found is None:
            found = self._offsets[hour] = self._offset(at)
        return at - found

    def _author(self, name: str) -> _Author:
        account = self._people.get(name, b"")
        found = self._authors[name] = _Author(account, place_words(self.kept.room, account or author_id(name)))
        return found


def _ceilings(known: Sequence[int | None]) -> list[int]:
    """For each line the position below which it has to stand: that of the next line that is there already."""
    ceiling, found = 0, []
    for position in reversed(known):
        if position is not None and (ceiling == 0 or position < ceiling):
            ceiling = position
        found.append(ceiling)
    return found[::-1]


def _free(position: int, taken: set[int]) -> int:
    """The first position from this one on that nothing has; it is taken now."""
    while position in taken:
        position += 1
    taken.add(position)
    return position


def author_id(author: str) -> bytes:
    """What an author without account is searched by."""
    return sha256(b"nullabona imported author v1" + author.encode("utf-8", "replace")).digest() if author else b""
