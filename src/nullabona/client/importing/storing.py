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
from nullabona.client.importing.placing import Placer, position_at
from nullabona.client.importing.records import Layout, Line, LineKind

TEXT: Final = "text"
TOLD: Final = "told"
"""The kind of a line that nobody said."""
_TOLD: Final = frozenset({LineKind.SYSTEM, LineKind.UNPARSED})
_HOUR: Final = 3_600_000
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

    def skip(self, lines: Sequence[Line]) -> int:
        """How many of the next lines an earlier attempt has stored; they must not be given to `add`."""
        count = min(len(lines), max(0, self.kept.done - self._at))
        if count:
            self._placer.place(lines[:count])
            self._at += count
        return count

    def add(self, store: Store, lines: Sequence[Line]) -> Import:
        """Store what is not there yet, and how far that is, in the caller's transaction."""
        placed = self._placer.place(lines)
        utc = [self._utc(line.at) for line in lines]
        known: dict[bytes, int] = {}
        if not self._fresh and utc:
            known = store.places(self.kept.room, position_at(min(utc)), position_at(max(utc) + 60_000))
        taken = set(known.values())
        rows: list[ImportedRow] = []
        words: list[tuple[int, str]] = []
        room, run, service, precise = self.kept.room, self.kept.id, self._layout.service, self._precise
        authors, cut = self._authors, self._cutter.words
        files, last, last_at = 0, 0, -1
        numbered = enumerate(zip(lines, utc, placed, strict=True), self.kept.first + self._at)
        for row, (line, at, (id, number)) in numbered:
            if id in known:
                last, last_at = known[id], at
                continue
            position = position_at(at, number)
            if at == last_at and position <= last:
                position = last + 1
            if taken:
                position = _free(position, taken)
            known[id] = last = position
            last_at = at
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
        kept = self.kept
        self.kept = replace(kept, done=kept.done + len(lines), added=kept.added + len(rows), files=kept.files + files)
        store.put_import(self.kept)
        return self.kept

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


def _free(position: int, taken: set[int]) -> int:
    """The first position from this one on that nothing has; it is taken now."""
    while position in taken:
        position += 1
    taken.add(position)
    return position


def author_id(author: str) -> bytes:
    """What an author without account is searched by."""
    return sha256(b"nullabona imported author v1" + author.encode("utf-8", "replace")).digest() if author else b""
