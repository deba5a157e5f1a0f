"""What an import would do, decided from what is in the files, what is here already, and what the person answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from nullabona.client.api.finding import find_contact, find_room
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
from nullabona.client.importing.exports import Export
from nullabona.client.importing.kakao_words import OWN_NAMES
from nullabona.client.importing.placing import Placer, position_at
from nullabona.client.importing.surveying import ChatSurvey
from nullabona.client.importing.zones import offset_of
from nullabona.client.keys import AccountRoot

_SALT: Final = "import-salt"
_LABEL: Final = b"imported lines"
_ROOM: Final = b"nullabona imported room v1"
_NOBODY: Final = b"-"
"""Remembered of a service in whose exports the person is not to be found."""
_MOST_PEOPLE: Final = 500


class People:
    """Who is meant by the names in exports, per service: remembered from before, and what was answered now."""

    def __init__(self, step: Step, answers: ImportAnswers) -> None:
        self._step = step
        self._said = {name: find_contact(step.store, handle).account for name, handle in answers.people.items()}
        if answers.me:
            self._said[answers.me] = step.me.account
        self._known: dict[str, dict[str, bytes]] = {}
        self._unnamed = answers.me == ""

    def of(self, service: str, me: str = "") -> Mapping[str, bytes]:
        """Name → account; ``me`` is what the export itself calls the person."""
        if service not in self._known:
            own = dict.fromkeys(OWN_NAMES, self._step.me.account) if service == "kakaotalk" else {}
            kept = self._step.store.preferences(_scope(service))
            self._known[service] = own | {name: who for name, who in kept.items() if who != _NOBODY} | self._said
        known = self._known[service]
        return {me: self._step.me.account} | known if me else known

    @property
    def settled(self) -> bool:
        """The person has said that they are not in these exports."""
        return self._unnamed

    def remember(self, service: str, names: Sequence[str]) -> None:
        """Keep what was answered about names that are there."""
        for name in names:
            if name in self._said:
                self._step.store.put_preference(_scope(service), name, self._said[name])


def _scope(service: str) -> str:
    return f"import:{service}"


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
        self._people = People(step, answers)
        self._imports = step.store.imports()

    def people(self) -> People:
        for export in self._exports:  # asked for here, inside the step
            self._people.of(export.layout.service)
        return self._people

    def preview(self) -> ImportPreview:
        """What the person is shown."""
        questions: list[Question] = []
        chats = []
        for export in self._exports:
            for number, found in enumerate(export.chats):
                chats.append(self._chat(export, number, found))
        if any(not self._me_known(export, found) for export in self._exports for found in export.chats):
            questions.append("me")
        if any(export.ambiguous for export in self._exports):
            questions.append("order")
        return ImportPreview(tuple(chats), tuple(questions))

    def begin(self, random: Callable[[int], bytes]) -> dict[tuple[int, int], Import]:
        """Begin, or go on with, an import of every chat: by the numbers of export and chat."""
        run = random(16)
        begun: dict[tuple[int, int], Import] = {}
        for of, export in enumerate(self._exports):
            for number, found in enumerate(export.chats):
                if found.lines:
                    begun[of, number] = self._begin(export, number, found, run, random)
                    self._people.remember(export.layout.service, list(found.people))
        return begun

    def _begin(
        self, export: Export, number: int, found: ChatSurvey, run: bytes, random: Callable[[int], bytes]
    ) -> Import:
        earlier = self._earlier(export, number)
        if earlier is not None and earlier.state is ImportState.RUNNING:
            return earlier
        if earlier is not None and earlier.state is ImportState.DONE and not self._placed_by_answer:
            return earlier
        room, made = self._room(export, found), False
        if not room:
            room, made = imports.make_room(self._step, found.chat.title, self._room_id(_digest(export, number))), True
        kept = Import(
            id=random(16),
            run=run,
            service=export.layout.service,
            title=found.chat.title,
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
        offset = (lambda _at: 0) if export.layout.utc else offset_of(export.layout.service)
        times = [line.at - offset(line.at) for line in found.sample]
        there = self._step.store.places(room, position_at(min(times)), position_at(max(times) + 60_000))
        ids = [id for id, _ in Placer(salt, found.chat.key).place(found.sample)]
        return 2 * sum(id in there for id in ids) > len(ids)

    def _earlier(self, export: Export, number: int) -> Import | None:
        digest = _digest(export, number)
        return next((kept for kept in self._imports if kept.digest == digest), None)

    def _me_known(self, export: Export, found: ChatSurvey) -> bool:
        service = export.layout.service
        people = self._people.of(service)
        if not found.people or found.chat.me or self._people.settled:
            return True
        return any(people.get(name) == self._step.me.account for name in found.people)

    def _chat(self, export: Export, number: int, found: ChatSurvey) -> ImportChat:
        me, people = self._step.me.account, self._people.of(export.layout.service, found.chat.me)
        offset = (lambda _at: 0) if export.layout.utc else offset_of(export.layout.service)
        earlier = self._earlier(export, number)
        return ImportChat(
            service=export.layout.service,
            title=found.chat.title,
            lines=found.lines,
            first_at=found.first_at - offset(found.first_at),
            last_at=found.last_at - offset(found.last_at),
            people=tuple(
                ImportPerson(name, count, people.get(name, b""), people.get(name) == me)
                for name, count in found.people.most_common(_MOST_PEOPLE)
            ),
            kinds=dict(found.kinds),
            continued=found.continued,
            media_here=found.media_here,
            media_missing=found.media_missing,
            oddities=tuple(Oddity(why, found.oddities[why], tuple(found.odd[why])) for why in found.oddities),
            room=self._room(export, found) if not self._answers.new else b"",
            known=earlier is not None and earlier.state is ImportState.DONE,
        )


def _digest(export: Export, number: int) -> bytes:
    return sha256(b"%b%d" % (export.digest, number)).digest()
