"""Imports that an archive tells of: known again here, so that the same file adds nothing and an import can be undone.

An import's messages are in rows that are kept for it, below all others. Which ones they had where the archive was made
says nothing here: they get new ones, in the order in which they come. Only how many there can be matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nullabona.client.archive import records as r
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.ports import ArchiveStore
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.model.records import Message


@dataclass(slots=True)
class _Kept:
    """An import and the row that its next message gets. ``brought``: a message came since `done` was looked at."""

    kept: Import
    next: int
    brought: bool = False


class Imports:
    """The imports of one merge. ``replace``: what the stream says of one counts in any case."""

    __slots__ = ("_known", "_replace", "_store")

    def __init__(self, store: ArchiveStore, *, replace: bool) -> None:
        self._store = store
        self._replace = replace
        self._known: dict[bytes, _Kept] = {}

    def take(self, said: r.Import) -> bool:
        """Keep an import; False if it is known as it is. Raises `ArchiveDamaged` if it contradicts itself."""
        told = _import_of(said)
        known = next((kept for kept in self._store.imports() if kept.id == told.id), None)
        if known is None:
            begun = replace(told, first=self._store.lowest_row() - told.total)
        else:
            begun = replace(told, first=known.first, total=known.total) if self._replace else known
        if begun != known:
            self._store.put_import(begun)
        last = self._store.last_row(begun.first, begun.first + begun.total)
        self._known[begun.id] = _Kept(begun, begun.first if last is None else last + 1)
        return begun != known

    def row_for(self, message: Message) -> int | None:
        """Where a new message goes; None if it came by no import, or by one of which nothing is known."""
        of = self._known.get(message.device) if message.imported else None
        if of is None or of.next >= of.kept.first + of.kept.total:
            return None
        of.next += 1
        of.brought = True
        return of.next - 1

    def settle(self) -> None:
        """An import that went on while the archive was made has brought more than it says: undoing it takes all."""
        for of in self._known.values():
            if of.brought and of.next - of.kept.first > of.kept.done:
                of.kept = replace(of.kept, done=of.next - of.kept.first)
                self._store.put_import(of.kept)
            of.brought = False

    def forget_others(self) -> None:
        """Imports that the stream did not tell of were undone since; it names their messages as dropped."""
        for kept in self._store.imports():
            if kept.id not in self._known:
                self._store.drop_import(kept.id)


def _import_of(said: r.Import) -> Import:
    try:
        state = ImportState(said.state)
    except ValueError:
        raise ArchiveDamaged("an import of the archive does not decode") from None
    if said.done > said.total:
        raise ArchiveDamaged("an import of the archive has more lines than it had")
    return Import(
        *(said.id, said.run, said.service, said.title, said.key, said.room, said.digest, 0, said.total, said.done),
        *(said.added, said.files, state, said.started_at, said.made_room),
    )
