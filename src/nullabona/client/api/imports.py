"""Imports of history from other messengers. It is previewed first, then stored on this device only."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from nullabona.client.api.errors import ImportUnanswered, NoSuchImport
from nullabona.client.api.finding import is_prefix
from nullabona.client.api.import_people import People
from nullabona.client.api.import_plans import Plan, salt_of
from nullabona.client.api.import_records import (
    ImportAnswers,
    ImportInfo,
    ImportPreview,
    ImportProgress,
)
from nullabona.client.api.session import Session
from nullabona.client.core import imports
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.importing.exports import Export, examine
from nullabona.client.importing.media import Keeper
from nullabona.client.importing.records import DayOrder, Line, Reading
from nullabona.client.importing.sources import Given
from nullabona.client.importing.storing import Writer
from nullabona.client.importing.zones import offsets_in

BATCH: Final = 5_000
"""Lines of one transaction, while a page waits for answers in between."""
LARGE: Final = 40_000
"""Where nobody waits: fewer commits, less work."""
Files = Sequence[Path] | Sequence[Given]
Tell = Callable[[ImportProgress], None]


@dataclass(frozen=True, slots=True)
class _Work:
    """What storing one export needs."""

    chats: dict[int, Import]
    people: dict[int, People]
    alone: frozenset[bytes]
    """Rooms that have nothing but one import that begins now."""
    salt: bytes
    offset: Callable[[int], int]
    told: Callable[[int, Import], None]
    batch: int


class Imports:
    """History from other messengers. ``paths`` are files, folders and archives."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def preview(
        self, paths: Files, answers: ImportAnswers | None = None, *, tell: Callable[[int], None] | None = None
    ) -> ImportPreview:
        """What is in the files; nothing is stored. ``tell`` is called with the number of lines read so far.

        Raises `NotAnExport`, `ExportUnreadable` or `ExportUnsafe`.
        """
        exports = await self._examine(paths, answers or ImportAnswers(), tell)
        with self._session.view() as step:
            return Plan(step, exports, answers or ImportAnswers()).preview()

    async def run(
        self,
        paths: Files,
        answers: ImportAnswers | None = None,
        *,
        tell: Tell | None = None,
        exports: Sequence[Export] | None = None,
        batch: int = LARGE,
    ) -> list[ImportInfo]:
        """Store what is in the files, without duplicates, and return one entry for each chat.

        ``exports`` are the files as an earlier preview read them, if there was one. An import that was interrupted
        continues where it stopped when the same files are given again. Raises as `preview`, `ImportUnanswered`,
        `NoSuchRoom`, `NoSuchContact` or `Ambiguous`.
        """
        wanted = answers or ImportAnswers()
        exports = exports if exports is not None else await self._examine(paths, wanted, None)
        root = self._session.account().root
        with self._session.step() as step:
            plan = Plan(step, exports, wanted)
            if questions := plan.preview().questions:
                raise ImportUnanswered(questions)
            salt = salt_of(step, root)
            begun = plan.begin(os.urandom)
            rooms = Counter(kept.room for kept in step.store.imports())
        alone = frozenset(k.room for k in begun.values() if k.made_room and not k.done and rooms[k.room] == 1)
        now = dict(begun)
        total = sum(kept.total for kept in begun.values())

        def told(of: int, at: int, kept: Import) -> None:
            now[of, at] = kept
            if tell is not None:
                tell(ImportProgress(sum(k.done for k in now.values()), total, sum(k.added for k in now.values())))

        for number, export in enumerate(exports):
            chats = {at: kept for (of, at), kept in begun.items() if of == number}
            people = {at: found for (of, at), found in plan.people.items() if of == number}
            work = _Work(chats, people, alone, salt, offsets_in(wanted.zone), partial(told, number), batch)
            try:
                with self._session.profile.store.bulk():
                    await self._store(export, work)
            finally:
                for source in export.sources:
                    if source.media is not None:
                        source.media.close()
        return [info_of(self._now(kept)) for kept in begun.values()]

    def all(self) -> list[ImportInfo]:
        """Every chat of every import, in the order in which they were started."""
        with self._session.look() as store:
            return [info_of(kept) for kept in store.imports()]

    def people(self, room: bytes) -> dict[str, bytes]:
        """Name → account, or empty if nobody here is meant, of the people of a room's imported history."""
        with self._session.look() as store:
            return imports.people_of(store, room)

    async def undo(self, id: bytes | str) -> None:
        """Erase everything that an import stored. If interrupted, call it again. Raises `NoSuchImport`."""
        with self._session.look() as store:
            chats = [
                kept for kept in store.imports() if kept.run == id or (isinstance(id, str) and is_prefix(kept.run, id))
            ]
        if not chats or len({kept.run for kept in chats}) > 1:
            raise NoSuchImport("there is no such import, or more than one")
        for kept in chats:
            left = True
            while left:
                with self._session.step() as step:
                    left = imports.undo(step, kept)
                await asyncio.sleep(0)

    # -- how ------------------------------------------------------------------------------------------------------

    async def _examine(self, paths: Files, answers: ImportAnswers, tell: Callable[[int], None] | None) -> list[Export]:
        """Reading takes long and is done beside the loop; a cancelled call stops it."""
        stopped = False

        def heard(lines: int) -> bool:
            if tell is not None:
                tell(lines)
            return not stopped

        reading = Reading(DayOrder(answers.order) if answers.order else None)
        try:
            return await asyncio.to_thread(examine, paths, reading, heard)
        finally:
            stopped = True

    async def _store(self, export: Export, work: _Work) -> None:
        writers = {
            number: Writer(
                kept,
                export.layout,
                salt=work.salt,
                people=work.people[number].accounts,
                offset=work.offset,
                keep=Keeper(kept, export.sources[0].media, os.urandom).keep,
                fresh=kept.room in work.alone,
            )
            for number, kept in work.chats.items()
            if kept.state is ImportState.RUNNING
        }
        if not writers:
            return
        for number, lines in _batches(export.lines(), work.batch):
            writer = writers.get(number)
            if writer is not None:
                self._add(writer, lines)
                work.told(number, writer.kept)
                await asyncio.sleep(0)
        for writer in writers.values():
            with self._session.step() as step:
                imports.finish(step, writer.kept.id)

    def _add(self, writer: Writer, lines: list[Line]) -> None:
        skipped = writer.skip(lines)
        if skipped < len(lines):
            with self._session.change() as store:
                writer.add(store, lines[skipped:])

    def _now(self, kept: Import) -> Import:
        with self._session.look() as store:
            return next((other for other in store.imports() if other.id == kept.id), kept)


def _batches(lines: Iterator[tuple[int, Line]], most: int) -> Iterator[tuple[int, list[Line]]]:
    """Lines of one chat at a time, at most so many."""
    held: list[Line] = []
    of = -1
    for number, line in lines:
        if held and (number != of or len(held) == most):
            yield of, held
            held = []
        of = number
        held.append(line)
    if held:
        yield of, held


def info_of(kept: Import) -> ImportInfo:
    return ImportInfo(
        kept.run,
        kept.service,
        kept.title,
        kept.room,
        kept.state.value,
        kept.total,
        kept.done,
        kept.added,
        kept.files,
        kept.started_at,
    )
