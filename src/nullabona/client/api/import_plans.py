"""What an import would do, decided from what is in the files, what is here already, and what the person answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from nullabona.client.api.finding import find_room
from nullabona.client.api.import_people import People
from nullabona.client.api.import_records import (
    ImportAnswers,
    ImportChat,
    ImportPerson,
    ImportPreview,
    Oddity,
    Question,
)
from nullabona.client.core import imports
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline.names import clean_name
from nullabona.client.importing.exports import Export
from nullabona.client.importing.placing import CLOCKS_APART, Placer, position_at
from nullabona.client.importing.records import MAX_TITLE
from nullabona.client.importing.surveying import ChatSurvey
from nullabona.client.importing.zones import offsets_in
from nullabona.client.keys import AccountRoot

_SALT: Final = "import-salt"
_LABEL: Final = b"imported lines"
_ROOM: Final = b"nullabona imported room v1"
_MOST_PEOPLE: Final = 500
_MOST_NAMED: Final = 4
"""People after whom a chat without a name is named."""


def salt_of(step: Step, root: AccountRoot) -> bytes:
    """The secret that ids of imported lines are made with: the account's, so that its devices name a line alike."""
    salt = step.store.get_value(_SALT)
    if salt is None:
        salt = root.derive(_LABEL)[:16]
        step.store.set_value(_SALT, salt)
    return salt


class Plan:
    """One import, before it begins. Good inside one step."""

    def __init__(self, step: Step, exports: Sequence[Export], answers: ImportAnswers) -> None:
        self._step = step
        self._exports = exports
        self._answers = answers
        self._offsets = offsets_in(answers.zone)
        self._imports = step.store.imports()
        places = [(of, number) for of, export in enumerate(exports) for number in range(len(export.chats))]
        self.people = {
            (of, number): People(step, answers, exports[of], place, exports[of].chats[number])
            for place, (of, number) in enumerate(places)
        }
        """Who is who in each chat, by the numbers of export and chat."""

    def preview(self) -> ImportPreview:
        """What the person is shown."""
        questions: list[Question] = []
        chats = [self._chat(of, number) for of, number in self.people]
        if any(chat.asks_me for chat in chats):
            questions.append("me")
        if any(export.ambiguous for export in self._exports):
            questions.append("order")
        return ImportPreview(tuple(chats), tuple(questions))

    def begin(self, random: Callable[[int], bytes]) -> dict[tuple[int, int], Import]:
        """Begin, or go on with, an import of every chat: by the numbers of export and chat."""
        run = random(16)
        begun: dict[tuple[int, int], Import] = {}
        for of, number in self.people:
            if self._exports[of].chats[number].lines:
                begun[of, number] = self._begin(of, number, run, random)
                people = self.people[of, number]
                people.remember()
                imports.note_people(self._step, begun[of, number].room, people.by_name())
        return begun

    def _begin(self, of: int, number: int, run: bytes, random: Callable[[int], bytes]) -> Import:
        export, found = self._exports[of], self._exports[of].chats[number]
        title = self._title(of, number)
        earlier = self._earlier(export, number)
        if earlier is not None and earlier.state is ImportState.RUNNING:
            return earlier
        if earlier is not None and earlier.state is ImportState.DONE and not self._placed_by_answer:
            return earlier
        room, made = self._room(export, found), False
        if not room:
            room, made = imports.make_room(self._step, title, self._room_id(_digest(export, number))), True
        kept = Import(
            id=random(16),
            run=run,
            service=export.layout.service,
            title=title,
            key=found.chat.key,
            room=room,
            digest=_digest(export, number),
            first=0,
            total=found.lines,
            done=0,
            added=0,
            files=0,
            state=ImportState.RUNNING,
            started_at=self._step.now,
            made_room=made,
        )
        begun = imports.begin(self._step, kept)
        self._imports.append(begun)
        return begun

    @property
    def _placed_by_answer(self) -> bool:
        return self._answers.new or self._answers.room is not None

    def _room(self, export: Export, found: ChatSurvey) -> bytes:
        """Where a chat goes; empty: into a new room."""
        if self._answers.new:
            return b""
        if self._answers.room is not None:
            return find_room(self._step.store, self._answers.room)
        same = [kept for kept in self._imports if kept.service == export.layout.service]
        for kept in same:
            if found.chat.key and kept.key == found.chat.key:
                return kept.room
        return next(
            (room for room in dict.fromkeys(kept.room for kept in same) if self._overlaps(room, export, found)), b""
        )

    def _room_id(self, digest: bytes) -> bytes:
        """The same on every device of the account for a chat of a file, unless the person wants a new one."""
        salt = self._step.store.get_value(_SALT)
        return b"" if salt is None or self._answers.new else sha256(_ROOM + salt + digest).digest()

    def _overlaps(self, room: bytes, export: Export, found: ChatSurvey) -> bool:
        """Whether some of the first lines are in the room already."""
        salt = self._step.store.get_value(_SALT)
        if salt is None or not found.sample:
            return False
        offset = _no_offset if export.layout.utc else self._offsets
        times = [line.at - offset(line.at) for line in found.sample]
        there = self._step.store.places(
            room, position_at(min(times) - CLOCKS_APART), position_at(max(times) + CLOCKS_APART)
        )
        ids = [id for id, _ in Placer(salt, found.chat.key).place(found.sample)]
        return 2 * sum(id in there for id in ids) > len(ids)

    def _earlier(self, export: Export, number: int) -> Import | None:
        digest = _digest(export, number)
        return next((kept for kept in self._imports if kept.digest == digest), None)

    def _title(self, of: int, number: int) -> str:
        """What the export calls the chat, else who is in it; what its file is called only if nobody is."""
        export = self._exports[of]
        others = [clean_name(name) for name in self.people[of, number].others()]
        named = ", ".join(name for name in others[:_MOST_NAMED] if name) + "…" * (len(others) > _MOST_NAMED)
        return export.chats[number].chat.title or named[:MAX_TITLE] or export.name.rpartition(".")[0][:MAX_TITLE]

    def _chat(self, of: int, number: int) -> ImportChat:
        export, found, people = self._exports[of], self._exports[of].chats[number], self.people[of, number]
        me, accounts = self._step.local.account, people.accounts
        offset = _no_offset if export.layout.utc else self._offsets
        earlier = self._earlier(export, number)
        return ImportChat(
            service=export.layout.service,
            title=self._title(of, number),
            lines=found.lines,
            first_at=found.first_at - offset(found.first_at),
            last_at=found.last_at - offset(found.last_at),
            people=tuple(
                ImportPerson(name, count, accounts.get(name, b""), accounts.get(name) == me)
                for name, count in found.people.most_common(_MOST_PEOPLE)
            ),
            kinds=dict(found.kinds),
            continued=found.continued,
            media_here=found.media_here,
            media_missing=found.media_missing,
            oddities=tuple(Oddity(why, found.oddities[why], tuple(found.odd[why])) for why in found.oddities),
            room=self._room(export, found) if not self._answers.new else b"",
            known=earlier is not None and earlier.state is ImportState.DONE,
            asks_me=people.asks_me,
        )


def _no_offset(_at: int) -> int:
    """Of an export whose times are UTC."""
    return 0


def _digest(export: Export, number: int) -> bytes:
    return sha256(b"%b%d" % (export.digest, number)).digest()
